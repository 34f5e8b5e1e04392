"""Why frames are refused: every word that a refusal may carry, with what it means.

Decoders and live sources use no other word, and the screen has words for each of them (tests hold
all three to this list).
"""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    # Lines and sentences.
    "no_sentence": "a line that holds no sentence of the feed",
    "not_ascii": "bytes that no sentence may hold",
    "too_long": "longer than anything that is meant",
    "no_checksum": "a sentence without its checksum",
    "bad_checksum": "a checksum that is not the frame's",
    "bad_sentence": "fields that are not as the sentence has them",
    "incomplete": "a message of which not all parts came",
    # Times.
    "no_time": "nothing says when it was received",
    "bad_time": "a time that is none, or of an unset clock",
    "bad_receipt": "a receipt far ahead of those around it",
    "future": "observed more than 60 s after its receipt",
    # AIS.
    "bad_payload": "a payload that is not as its format says",
    "unknown_type": "a message type that the standard does not have",
    "unknown_part": "a part of type 24 that the standard does not have",
    "wrong_bit_count": "more or fewer bits than the type has",
    "bad_mmsi": "a number that is no MMSI",
    # Radar.
    "unknown_radar": "a radar that the site does not have",
    "out_of_range": "farther than the radar sees",
    "too_many_targets": "more targets than are remembered",
    # JT/T 808 and ASTERIX.
    "not_hex": "no hexadecimal digits",
    "bad_frame": "a frame without its delimiters",
    "bad_escape": "an escape that the standard does not have",
    "bad_header": "a header that cannot be read",
    "bad_length": "another length than the header says",
    "bad_body": "a body that is too short",
    "bad_position": "coordinates off the globe",
    "encrypted": "a body that is encrypted",
    # Cameras and other JSON.
    "bad_json": "no JSON object",
    "too_deep": "nested too deep, or of too many parts",
    "no_source": "no name of who saw it",
    "no_payload": "no message inside",
    "unknown_format": "a format that is not read",
    "person_data": "faces or persons, which are not taken",
    "bad_state": "a state that a bar cannot have",
    "bad_xml": "XML that is not well-formed or not allowed",
    # History as CSV.
    "bad_row": "a row of other columns than the header's",
    "bad_number": "a coordinate that is no number or off the globe",
    # Live sources.
    "bad_code": "an authentication code that was not given",
    "not_authenticated": "said before its sender authenticated itself",
    "not_kept": "a message of a kind that is not kept",
    "endless_frame": "bytes without a frame's end",
    "never_authenticated": "a terminal that did not authenticate itself in time",
    "two_terminals_one_id": "a terminal whose number another connection took over",
    "slow_frame": "a frame that took too long to come",
    "slow_line": "a line that took too long to come",
    "endless_line": "bytes without a line's end",
    "too_many_entries": "more registrations and tries than one connection may make",
    "too_many_connections": "more connections than are served",
    "unknown_topic": "a topic that nobody reads",
    "retained": "an old message that the broker kept",
    "not_read": "a topic that is not looked into",
    "not_taken": "a request for something that is not taken here",
    "reads_nothing": "a peer that does not read its answers",
    "unauthorised": "a request whose password is wrong",
    "unknown_path": "a request for a path or method that is not served",
    "fault": "a request that a fault of ours left unanswered",
    # Recordings.
    "unreadable_file": "a file of a recording that cannot be opened",
    "broken_gzip": "a compressed file that breaks off",
    "bad_decision": "an officer's decision that is none of a known kind",
    "too_many_permits": "more permits than are kept",
}
