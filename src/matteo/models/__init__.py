"""Networks as the runtime sees them: a card of facts, an ONNX file, a session. Nothing here knows whose they are."""
