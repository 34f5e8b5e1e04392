"""The scorer of tracks: what a fusion said was where, against what was there.

Pure, and of the house it sees `geo` and `core` only. `sets` and `picture` are plain functions on
arrays for every tracker; the rest reads what `pierwatch simulate --tracks` and `pierwatch replay
--vessels` wrote.
"""
