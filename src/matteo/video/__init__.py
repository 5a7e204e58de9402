"""Films: reader, writer, steadiness over time, pipeline."""
