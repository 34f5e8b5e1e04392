"""Cameras, plate readers and barriers: what they saw, without pictures and without persons."""

from ingest.cameras.decoder import CameraDecoder

__all__ = ["CameraDecoder"]
