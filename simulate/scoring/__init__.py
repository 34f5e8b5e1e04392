"""The scorer: alerts against the truth of a recording, by the contract's "How alerts are scored".

Pure: bytes and values in, values and text out. Of the house it sees `geo` and `core` only, so that
it shares no mistake with what it scores.
"""
