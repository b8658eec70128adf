"""From a study's tables and telemetry to one HTML page that opens offline."""
