"""`matteo models`: the networks known by name, and on which terms their weights may be used."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON line a model, with all facts.")
@click.option("--debug", is_flag=True, hidden=True)
def models(as_json: bool, debug: bool) -> None:
    """Lists the networks: where they are, what they were learned from, their licence."""
    from dataclasses import asdict

    from matteo.models.table import cards
    from matteo.models.weights import location

    for card in cards().values():
        where = location(card)
        if as_json:
            click.echo(json.dumps(asdict(card) | {"path": str(where) if where else None}))
            continue
        click.secho(card.name, bold=True)
        click.echo(f"  file        {where or 'not on this machine; fetched when first used'}")
        click.echo(f"  sees        about {card.side} x {card.side} pixels")
        click.echo(f"  trained on  {', '.join(card.trained_on) or 'not stated'}")
        click.echo(f"  provenance  {card.provenance}")
        click.echo(f"  licence     {card.licence}")
