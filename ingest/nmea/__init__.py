"""NMEA 0183 as it arrives: lines, sentences, tag blocks, receipts, messages in parts."""
