"""How gangs and nuisances behave: wide ranges, from which each seed draws its own.

Two sets that differ: what is tuned on the seeds of the one is scored on the seeds of the other.
No detector may know any number of this file. Ranges are whole numbers, both ends included;
shares are per cent, times minutes. After methods.md 7.1 and 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[int, int]

TUNING_SEEDS = (101, 102, 103, 104, 105, 106, 107, 108)
TEST_SEEDS = (201, 202, 203, 204, 205, 206, 207, 208)

#: Every kind of nuisance with its own switch (`off`), and whose it is.
NUISANCES = {
    "fishing_home": "sea", "dark_home": "sea", "aquaculture": "sea", "shelter": "sea",
    "engine_trouble": "sea",
    "sand_barge": "sea", "night_barge": "sea", "patrol_stop": "sea", "gear_beacon": "sea",
    "shared_mmsi": "sea", "pier_reopened": "sea", "moratorium": "sea", "spring_festival": "sea",
    "sea_anglers": "sea", "queue": "sea", "fog": "sea", "gale": "sea",
    "receiver_outage": "sea", "radar_rain": "sea", "radar_outage": "sea",
    "fish_truck": "land", "anglers": "land", "overnight_truck": "land", "festival_traffic": "land",
    "gps_drift": "land", "plate_misread": "land", "camera_false": "land", "camera_outage": "land",
    "vehicles_outage": "land",
    "sea_clutter": "sensor", "ghost_track": "sensor", "track_swap": "sensor",
    "coverage_hole": "sensor", "beidou_outage": "sensor", "wrong_clock": "sensor",
}  # fmt: skip


@dataclass(frozen=True)
class Priors:
    """What each seed draws its gangs from.

    Attributes
    ----------
    gangs
        How many gangs to 100 piers.
    silence_d
        Days between two bursts of a gang.
    burst, gap_d
        Landings in a burst; nights from one to the next.
    small_hours
        Per cent of landings that berth between 00 and 05.
    dwell_min
        Unloading: the middle of the seed's bell, clipped to 50 to 150.
    trucks, second_boat
        Trucks at a landing; per cent of bursts with two boats.
    variants
        Weights of `dark_approach`, `never_any`, `cloned`, `ais_left_on`, `beidou_only`.
    dark_min
        How long before berthing the transponder goes off.
    scout, lookout, switch, follow
        Per cent: a scout ahead; a lookout ashore; the next landing of a burst at a neighbouring
        pier; a landing moved to where nobody looks, when the scout is looked at.
    scout_ahead_min
        How far ahead the scout is.
    holiday
        Per cent of the ordinary rate in the nights around a holiday.
    favoured
        Per cent of landings in the townships that the source names.
    nuisance_percent
        A seed has this share of every rate of `rates`.
    rates
        Nuisances a night to 100 piers, times 100. `outage`: per cent a sensor and night;
        `dark_home`: per cent of the boats that come home.
    """

    name: str
    gangs: Range
    silence_d: Range
    burst: Range
    gap_d: Range
    small_hours: Range
    dwell_min: Range
    trucks: Range
    second_boat: Range
    variants: dict[str, Range]
    dark_min: Range
    scout: Range
    lookout: Range
    switch: Range
    scout_ahead_min: Range
    holiday: Range
    favoured: Range
    nuisance_percent: Range
    rates: dict[str, Range]


_RATES = {
    "engine_trouble": (15, 35), "aquaculture": (25, 60), "sand_barge": (15, 35),
    "night_barge": (8, 18), "patrol_stop": (30, 60), "sea_anglers": (15, 40), "queue": (15, 40),
    "gear_beacon": (700, 1_400), "shared_mmsi": (8, 20), "radar_rain": (8, 15), "outage": (4, 8),
    "dark_home": (4, 12),
    "anglers": (60, 160), "overnight_truck": (40, 90), "fish_truck": (700, 1_200),
    "private_cars": (12_000, 20_000), "festival_traffic": (2_500, 5_000),
}  # fmt: skip
TUNING = Priors(
    name="tuning",
    gangs=(13, 19), silence_d=(24, 45), burst=(3, 6), gap_d=(2, 3), small_hours=(78, 92),
    dwell_min=(70, 100), trucks=(2, 7), second_boat=(8, 20),
    variants={"dark_approach": (50, 75), "never_any": (12, 28), "cloned": (8, 15),
              "ais_left_on": (4, 12), "beidou_only": (4, 12)},
    dark_min=(30, 110), scout=(20, 40), lookout=(30, 50), switch=(20, 40),
    scout_ahead_min=(15, 60), holiday=(140, 200), favoured=(55, 80), nuisance_percent=(80, 120),
    rates=_RATES,
)  # fmt: skip
TEST = Priors(
    name="test",
    gangs=(12, 20), silence_d=(20, 50), burst=(3, 6), gap_d=(2, 3), small_hours=(70, 90),
    dwell_min=(65, 110), trucks=(2, 8), second_boat=(5, 35),
    variants={"dark_approach": (40, 70), "never_any": (15, 35), "cloned": (8, 20),
              "ais_left_on": (5, 15), "beidou_only": (5, 15)},
    dark_min=(30, 120), scout=(15, 45), lookout=(25, 55), switch=(15, 45),
    scout_ahead_min=(12, 80), holiday=(130, 220), favoured=(40, 85), nuisance_percent=(70, 140),
    rates={kind: (low * 7 // 10, high * 14 // 10) for kind, (low, high) in _RATES.items()},
)  # fmt: skip


def priors_of(seed: int) -> Priors:
    """The set that a seed draws from: the test seeds' own, tuning for every other.

    >>> priors_of(201).name, priors_of(7).name
    ('test', 'tuning')
    """
    return TEST if seed in TEST_SEEDS else TUNING
