"""Which addresses may be fetched from, and who a caller is behind a proxy."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def is_public(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether it is one of the public internet, or of the networks that are allowed all the same.

    An IPv6 address that carries an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64) is public where both are.
    """
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if inner is not None:
            return is_public(inner, allowed)
        if any(address in network for network in (*_NAT64, _COMPATIBLE)) or address.sixtofour or address.teredo:
            return False
        if address.scope_id is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def caller(peer: str, forwarded_for: str | None, trusted: Sequence[Network]) -> tuple[str, bool]:
    """Who calls, and whether from this machine itself.

    X-Forwarded-For is read from the right and believed as long as the one who says it is trusted. Where it is there
    and nobody trusted says it, the caller is the peer, and not of this machine: a proxy may stand between.
    """
    told = [part.strip() for part in (forwarded_for or "").split(",") if part.strip()]
    address, believed = parsed(peer), False
    while told and address is not None and any(address in network for network in trusted):
        found = parsed(told.pop())
        if found is None:
            break
        address, believed = found, True
    name = str(address) if address is not None else peer
    local = address is not None and address.is_loopback and (believed or forwarded_for is None)
    return name, local


def parsed(text: str) -> Address | None:
    """An address, without brackets, port or the IPv6 form of an IPv4 one; None for what is none."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
