"""AIS history as CSV, in the column sets of the Danish Maritime Authority and MarineCadastre."""

from ingest.ais_csv.decoder import AisCsvDecoder

__all__ = ["AisCsvDecoder"]
