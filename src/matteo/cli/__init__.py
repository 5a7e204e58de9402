"""Commands: parse, call, report. No image code here."""
