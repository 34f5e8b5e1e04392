"""What an operator may set: defaults here, then `pierwatch.toml`, then `PIERWATCH_*`.

Definitions only. `pipeline.settings` reads files and environment; misspelt keys are refused there
by name. Every threshold is a setting with its source in its description.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrackSettings(_Section):
    """Cleaning, stops and silences of one vessel's track."""

    max_speed_kn: float = Field(45.0, gt=0, description="implied speed of a jump; methods 1.3")
    min_jump_s: float = Field(2.0, ge=0, description="shorter steps are not judged; methods 1.3")
    stop_begin_kn: float = Field(0.2, ge=0, description="GFW port stop, begin; methods 1.1")
    stop_end_kn: float = Field(0.5, gt=0, description="GFW port stop, end; methods 1.1")
    stop_min_s: int = Field(180, ge=0, description="shortest stop; methods 1.1")
    radar_max_speed_kn: float = Field(70.0, gt=0, description="of a radar's target; methods 1.3")
    radar_stop_begin_kn: float = Field(0.5, ge=0, description="speed is noisier; methods 1.1")
    radar_stop_end_kn: float = Field(1.0, gt=0, description="speed is noisier; methods 1.1")
    silence_moving_s: int = Field(600, gt=0, description="shortest silence under way; methods 1.1")
    silence_moored_s: int = Field(1800, gt=0, description="shortest silence moored; methods 1.1")
    silence_intervals: int = Field(10, gt=0, description="× the vessel's own median interval")
    silence_cap_nats: float = Field(5.0, gt=0, description="losses are correlated; methods 1.2")


class CallSettings(_Section):
    """Pier calls (methods 1.1, hysteresis scaled from GFW's 3/4 km)."""

    enter_m: float = Field(150.0, gt=0)
    leave_m: float = Field(250.0, gt=0)


class ScanSettings(_Section):
    """Targets out of plots without numbers (methods 2.1)."""

    gate_chi2: float = Field(13.816, gt=0, description="99.9 %, two degrees; methods 2.1")
    initiate_hits: int = Field(3, ge=1, le=62, description="M of M-of-N; methods 2.1")
    initiate_of: int = Field(5, ge=1, le=62, description="N of M-of-N; below M there is no target")
    acceleration_q: float = Field(0.1, gt=0, description="m²/s³; fishing boats, methods 2.1")
    damping_per_s: float = Field(0.0, ge=0, description="0: constant velocity; methods 2.1")
    birth_speed_mps: float = Field(12.0, gt=0, description="sigma: 70 kn are three; methods 1.3")
    confirm_nats: float = Field(
        5.0, ge=0, description="for a target against clutter: odds of 150 to 1; our proposal"
    )
    most_nats: float = Field(
        11.6, gt=0, description="that are kept: five misses in a row at 0.9 end no target (IMO: "
        "one seen in 5 of 10 scans is held; methods 2.1)"
    )  # fmt: skip
    drop_sigma_m: float = Field(200.0, gt=0, description="the cut-off of GOSPA; methods 2.2")
    longest_unseen_s: float = Field(120.0, gt=0, description="also out of view; our proposal")
    most_targets: int = Field(20_000, gt=0, description="tentative ones too; more are refused")
    most_plots: int = Field(20_000, gt=0, description="of a scan; more are refused and counted")


class FusionSettings(_Section):
    """One track per vessel: radar, AIS and BeiDou (methods 2)."""

    step_s: int = Field(30, gt=0, description="seconds between instants of association")
    ais_sigma_m: float = Field(10.0, gt=0, description="of AIS and BeiDou places; methods 7.2")
    range_sigma_m: float = Field(20.0, gt=0, description="of a coastal radar; methods 7.2")
    bearing_sigma_deg: float = Field(0.5, gt=0, description="of a coastal radar; methods 7.2")
    radar_speed_sigma_ms: float = Field(
        1.0, gt=0, description="of a tracker's velocity; IMO MSC.192(79): 0.5 kn and 5° at 95 %"
    )
    ais_speed_sigma_ms: float = Field(0.5, gt=0, description="of reported SOG and COG; proposed")
    tracker_s: float = Field(
        10.0,
        gt=0,
        description="over which a tracker smooths its places; output 3-10 s, methods 7.2",
    )
    tracker_speed_s: float = Field(
        30.0, gt=0, description="over which a tracker smooths its velocity; proposed"
    )
    manoeuvre: float = Field(
        0.1, gt=0, description="spectral density of acceleration, m²/s³; methods 2.1: 0.05-0.2"
    )
    moored_manoeuvre: float = Field(
        7.5e-4, gt=0, description="the same of what swings at anchor at 0.15 m/s; proposed"
    )
    moored_damping_per_s: float = Field(1 / 60, gt=0, description="a swing a minute; proposed")
    damping_per_s: float = Field(
        1e-4, ge=0, description="of an Ornstein-Uhlenbeck velocity (Stone Soup's demo); 0: constant"
    )
    extent_m: float = Field(
        10.0, ge=0, description="antenna from echo, up to the ship's length; methods 7.2"
    )
    speed_extent_ms: float = Field(0.7, ge=0, description="trackers lag in turns; proposed")
    gate: float = Field(18.467, gt=0, description="χ² of 4 degrees of freedom, 99.9 %; methods 2.1")
    window: int = Field(
        12, gt=0, le=30, description="common instants of a score; methods 2.3: 10-15"
    )
    gate_share: float = Field(0.6, gt=0, le=1, description="of the window in the gate; methods 2.1")
    confirm: int = Field(3, gt=0, description="in the gate in a row to link; methods 2.1")
    drop: int = Field(2, gt=0, description="misses in a row to part; methods 2.1")
    link_probability: float = Field(
        0.9, gt=0, lt=1, description="below it stays ambiguous; proposed"
    )
    strangers_per_km2: float = Field(
        0.5, gt=0, description="vessels that another sensor does not see; proposed"
    )
    stranger_speed_ms: float = Field(5.0, gt=0, description="spread of their velocities; proposed")
    decide_s: int = Field(180, gt=0, description="a new track waits for its vessel; proposed")
    longest_gap_s: int = Field(
        600, gt=0, description="older rows do not associate; methods 2.1: never over 10 min"
    )
    births_per_km2: float = Field(
        0.02, gt=0, description="new radar tracks of vessels not seen before; proposed"
    )
    live_s: int = Field(600, gt=0, description="AIS is in reach: silence under way; methods 1.1")
    moored_live_s: int = Field(1800, gt=0, description="silence moored, BeiDou; methods 1.1")
    radar_live_s: int = Field(
        30, gt=0, description="then a radar track is lost; IMO: 5 of 10 scans"
    )
    radar_coast_s: int = Field(300, gt=0, description="a lost echo may come back; proposed")
    coast_s: int = Field(6 * 3600, gt=0, description="a silent vessel is predicted; proposed")
    motion_instants: int = Field(
        20,
        gt=0,
        description="under way together before motion alone joins AIS and BeiDou; proposed",
    )
    most_tracks: int = Field(20_000, gt=0, description="source tracks held; more are counted")
    bias_gate_m: float = Field(600.0, gt=0, description="echo to AIS, at the start; methods 2.3")
    bias_velocity_gate_mps: float = Field(
        2.0, gt=0, description="of a pair; a new track may err by 1.5 kn (IMO MSC.192(79)), both do"
    )
    bias_reference_sigma_m: float = Field(
        100.0, gt=0, description="less certain AIS registers no radar; half of GOSPA's cut-off, 2.2"
    )
    bias_common: int = Field(5, gt=0, description="vessels in common at least; our proposal")
    bias_memory_s: int = Field(
        3600, gt=0, description="of the estimate: 30 m in a night are followed within 3 m"
    )
    bias_correlation_s: float = Field(
        600.0, gt=0, description="a vessel's residuals hang together so long; our proposal"
    )
    bias_sure_m: float = Field(15.0, gt=0, description="sigma of a registered radar; below noise")
    bias_sure_deg: float = Field(0.25, gt=0, description="the same in bearing: half of the noise")
    bias_patience_s: int = Field(3600, gt=0, description="learning in vain; then it is impossible")
    scans: ScanSettings = ScanSettings()


class EventSettings(_Section):
    """Events of one vessel or of several (methods 1)."""

    rendezvous: str = Field(
        "inshore", pattern="^(inshore|gfw|skylight)$", description="whose definition; methods 1.1"
    )
    rendezvous_m: float = Field(100.0, gt=0, description="inshore: farthest apart; methods 1.1")
    rendezvous_min_s: int = Field(900, gt=0, description="inshore: shortest; methods 1.1")
    rendezvous_kn: float = Field(2.0, gt=0, description="inshore: both slower; methods 1.1")
    rendezvous_clear_m: float = Field(1000.0, ge=0, description="of piers; methods 1.1")
    rendezvous_nats: float = Field(1.0, ge=0, description="own proposal; dark: one more")
    loitering: str = Field(
        "inshore", pattern="^(inshore|gfw)$", description="whose definition; methods 1.1"
    )
    loitering_kn: float = Field(2.0, gt=0, description="inshore: slower; methods 1.1")
    loitering_min_s: int = Field(1800, gt=0, description="inshore: shortest; methods 1.1")
    loitering_shore_m: float = Field(3000.0, gt=0, description="inshore: nearer; methods 1.1")
    loitering_clear_m: float = Field(250.0, ge=0, description="of piers: a call's leave_m")
    loitering_nats: float = Field(0.5, ge=0, description="of a dark vessel; own proposal")
    motion_gap_s: int = Field(300, ge=0, description="unheard or off for so long: it goes on")
    approach_step_s: int = Field(60, gt=0, description="seconds between predictions")
    approach_ahead_s: int = Field(1800, gt=0, description="how far ahead; issue 5")
    approach_kn: float = Field(2.7, gt=0, description="under way; RTEC, methods 1.1")
    approach_max_kn: float = Field(45.0, gt=0, description="bound of the prism; methods 1.3")
    approach_cone_deg: float = Field(30.0, gt=0, le=90, description="half-width; own proposal")
    scout_step_s: int = Field(600, gt=0, description="seconds between looks")
    scout_corridor_m: float = Field(15_000.0, gt=0, description="last part of the way; methods 1.6")
    scout_m: float = Field(500.0, gt=0, description="apart across the way; methods 1.6")
    scout_share: float = Field(0.6, gt=0, le=1, description="of the corridor; methods 1.6")
    scout_lag_from_s: int = Field(600, gt=0, description="it goes ahead by; methods 1.6")
    scout_lag_to_s: int = Field(7200, gt=0, description="it goes ahead by at most; methods 1.6")
    scout_stop_s: int = Field(600, gt=0, description="longer: it unloads itself; methods 1.6")
    scout_nights: int = Field(2, gt=1, description="repeated, or p; methods 1.6")
    scout_p: float = Field(0.01, gt=0, lt=1, description="against surrogates; methods 1.6")
    scout_memory_nights: int = Field(14, gt=0, description="surrogates, repeats; methods 1.6")
    scout_nats: float = Field(1.0, ge=0, description="on piers around; methods 1.6")
    scout_reach_m: float = Field(10_000.0, gt=0, description="of these piers; methods 1.6")
    scout_lasts_s: int = Field(86_400, gt=0, description="for so long; methods 1.6")

    impossible_kn: float = Field(45.0, gt=0, description="of AIS and BeiDou; methods 1.3")
    impossible_radar_kn: float = Field(70.0, gt=0, description="of radar targets; methods 1.3")
    impossible_min_s: float = Field(2.0, gt=0, description="shorter steps say nothing; methods 1.3")
    clone_overlap_s: int = Field(600, gt=0, description="two tracks of one number; methods 1.3")
    clone_apart_m: float = Field(5000.0, gt=0, description="two tracks of one number; methods 1.3")
    length_apart: float = Field(2.0, gt=1, description="claimed to registered; this project's")
    echo_scans: int = Field(5, gt=0, description="covered, without an echo; methods 1.3")
    land_inside_m: float = Field(100.0, ge=0, description="on land from here on; methods 1.3")
    land_fixes: int = Field(3, gt=0, description="on land from so many on; methods 1.3")
    land_vessels: int = Field(3, gt=0, description="make it a river on no map; this project's")
    beacon_drift_kn: float = Field(2.0, gt=0, description="of gear beacons; methods 1.3")
    beacon_interval_s: int = Field(120, gt=0, description="of gear beacons; methods 1.3")
    beacon_named_s: int = Field(3600, gt=0, description="of drift, with a beacon's name; ours")
    beacon_unnamed_s: int = Field(14_400, gt=0, description="of drift, without a name; ours")
    circle_residual: float = Field(0.1, gt=0, description="of the radius; methods 1.3")
    circle_least_m: float = Field(100.0, gt=0, description="radius; methods 1.3")
    circle_most_m: float = Field(10_000.0, gt=0, description="radius; methods 1.3")
    circle_speed_spread: float = Field(0.2, gt=0, description="of its mean; methods 1.3: constant")
    circle_least_kn: float = Field(2.0, ge=0, description="slower ones swing at anchor; ours")
    circle_laps: float = Field(2.0, gt=0, description="a purse seiner makes one; this project's")
    unseen_days: int = Field(30, gt=0, description="of boats of the register; this project's")

    dark_instants: int = Field(15, gt=0, description="seen unmatched; methods 2.3: N = 10-15")
    dark_share: float = Field(0.6, gt=0, le=1, description="of them under way; methods 2.1")
    dark_kn: float = Field(2.0, gt=0, description="under way like a boat; methods 1.1")
    dark_max_kn: float = Field(45.0, gt=0, description="faster is no boat; methods 1.3")
    dark_travelled_m: float = Field(300.0, gt=0, description="from where it was first seen; ours")
    dark_sigmas: float = Field(5.0, gt=0, description="and so many of its place; ours")
    dark_reception: float = Field(
        0.5, gt=0, le=1, description="5 min of class B unheard: 1 in 1000; methods 1.2"
    )
    dark_silent_s: int = Field(
        900, gt=0, description="a transponder unheard; ten minutes happen to senders too; ours"
    )
    dark_deaf_s: int = Field(600, gt=0, description="nobody heard nearby: deaf; methods 1.2")
    dark_lost_s: int = Field(600, gt=0, description="unseen for so long it ends; methods 2.1")
    dark_gate_m: float = Field(
        500.0, gt=0, description="of a transponder without an echo: may be its own; 3 sigma at most"
    )
    dark_nats: float = Field(
        1.0, ge=0, description="never any transponder: many sampans have none; ours"
    )
    dark_unregistered: float = Field(
        0.53, ge=0, le=1, description="weight where no radar is registered: precision, methods 2.3"
    )
    dark_near_m: float = Field(1000.0, gt=0, description="of a pier (or shore): a watch; ours")
    dark_ahead_s: int = Field(1800, gt=0, description="heading for it; as approaches, issue 5")
    fixed_echo_s: int = Field(1800, gt=0, description="never moved: a fixed echo; RTEC moored, 1.1")


class LandSettings(_Section):
    """What the land side says at piers (methods 1.1, 3.1, 7.2)."""

    wait_m: float = Field(300.0, gt=0, description="a truck from the pier's access; methods 3.1")
    stop_m: float = Field(80.0, gt=0, description="a truck that stands; methods 1.1")
    stop_min_s: int = Field(300, gt=0, description="shortest stop of a truck; methods 1.1")
    stop_gap_s: int = Field(300, ge=0, description="stops less far apart are one; methods 1.1")
    stop_drift_m: float = Field(250.0, gt=0, description="between houses, its speed 0; ours")
    stop_kn: float = Field(1.0, gt=0, description="slower it says that it stands; as radar's, 1.1")
    stop_lost_s: int = Field(3600, gt=0, description="parked terminals report seldom; ours")
    access_sigma_m: float = Field(50.0, gt=0, description="between two piers' accesses; ours")
    unregistered: float = Field(
        0.9, gt=0, le=1, description="of operating vehicles (JT/T 808) are goods vehicles; ours"
    )
    road_reach_m: float = Field(3000.0, gt=0, description="road camera to access; ours")
    road_gap_s: int = Field(600, gt=0, description="reads of one passage are less far apart; ours")
    road_kmh: float = Field(100.0, gt=0, description="no truck is faster, straight on; ours")
    road_slack_m: float = Field(500.0, ge=0, description="clocks and places of a trip; ours")
    misread: float = Field(
        0.5, gt=0, lt=1, description="that a plate one letter off a registered one is it; ours"
    )
    misread_near: float = Field(
        0.95, gt=0, lt=1, description="the same where its terminal was there then; ours"
    )
    near_s: int = Field(600, gt=0, description="what counts as then; ours")
    province_lost: float = Field(0.9, gt=0, lt=1, description="no plate is without; methods 7.2")
    camera_gap_s: int = Field(600, gt=0, description="sightings less far apart are one; ours")
    camera_lasts_s: int = Field(7200, gt=0, description="an event whose end is not heard; ours")
    camera_min_s: int = Field(60, gt=0, description="lamps and waves are shorter; ours")
    camera_alive_s: int = Field(86_400, gt=0, description="one that speaks of sightings only; ours")
    keepalive_s: int = Field(300, gt=0, description="GA/T 1400: every 90 s, lost three times")
    camera_feed_s: int = Field(3600, gt=0, description="all cameras silent: not looked; as feeds")
    vehicle_feed_s: int = Field(600, gt=0, description="all terminals silent; as feeds")


class AlertSettings(_Section):
    """The levels of alerts (methods 5.4), as calibrated posteriors.

    A watch is a line of the list and no task: 0.01 is where, on the tuning seeds, a lower level
    finds next to nothing more while what matches nothing stands longer. Methods 5.4 asks a person
    at 0.6, which was meant before there was a calibration and is worth about 0.2 now
    (docs/method.md, 3).
    """

    watch: float = Field(
        0.01, gt=0, lt=1, description="posterior at which a watch is opened; tuning seeds 101-104"
    )
    verify: float = Field(0.19, gt=0, lt=1, description="posterior at which a person is asked")
    alpha: float = Field(
        0.005, gt=0, lt=1, description="promised share of quiet pier-nights with p this low: half "
        "a false alarm a night and 100 piers; methods 5.4"
    )  # fmt: skip
    sounds: int = Field(
        3, ge=0, description="alerts of a night that may be heard, the first by rank; what is "
        "listed has no limit; methods 5.4: K = 3, what patrols can do"
    )  # fmt: skip
    one_per_visit: bool = Field(
        True, description="landings at one pier at one time are one alert (alerts.visits); the "
        "evaluation has them apart, to try other levels"
    )  # fmt: skip
    visit_gap_min: int = Field(
        30, ge=0, le=360, description="landings at one pier no farther apart are one alert: what "
        "the contract allows one berthing to be apart"
    )  # fmt: skip
    visit_longest_min: int = Field(
        120, gt=0, le=1440, description="a stay counts for that no longer: an hour or two of "
        "unloading"
    )  # fmt: skip
    report_q: float = Field(
        0.2, gt=0, lt=1, description="Benjamini-Hochberg at the end of a night; methods 5.3"
    )


class StoreSettings(_Section):
    """The database. `DATABASE_URL` in the environment stands for `url`."""

    url: str | None = None
    cluster_dir: Path = Path("var/postgres")
    spool_dir: Path = Path("var/spool")
    spool_rows: int = Field(200_000, gt=0, description="rows held in memory while it is away")


class ScreenSettings(_Section):
    """The command screen."""

    host: str = "127.0.0.1"
    port: int = Field(8050, ge=0, le=65535)
    language: str = Field("zh", pattern="^(zh|en)$")
    secret_dir: Path = Path("var/secrets")


class FeedSettings(_Section):
    """One feed of `pierwatch live`: a row `[feeds.<name>]`."""

    sensor: str = Field(pattern="^(ais|beidou|radar|vehicles|cameras)$")
    url: str = Field(
        description="udp://host:port (bind), tcp://host:port (connect), tcp-listen://host:port, "
        "mqtt://host:port, http://host:port (listen), file:///path (a file or folder that grows), "
        "or - for standard input"
    )
    format: str = Field("", pattern="^(|nmea|ais-catcher|asterix|jt808|jsonl)$")
    topics: tuple[str, ...] = Field((), description="of mqtt")
    user: str | None = None
    password_file: Path | None = None
    owner: str = Field("", max_length=64, description="the department that answers for it")
    silent_after_s: float | None = Field(None, gt=0, description="None: the sensor's default")
    most_waiting: int = Field(100_000, gt=0, description="frames held for the archive at most")


class ArchiveSettings(_Section):
    """The raw archive of `pierwatch live`."""

    encrypted: bool = Field(True, description="closed hours; one key a feed and day")
    key_dir: Path | None = Field(None, description="None: `keys` beside the archive")
    commit_ms: int = Field(50, gt=0, description="frames are brought to disk this often")
    warn_share: float = Field(0.80, gt=0, le=1, description="of the disk; then a health alert")
    drop_share: float = Field(0.95, gt=0, le=1, description="then the oldest raw hours go")


class Settings(_Section):
    """All settings; one section a room."""

    site: Path = Path("sites/xiangshan")
    tracks: TrackSettings = TrackSettings()
    calls: CallSettings = CallSettings()
    fusion: FusionSettings = FusionSettings()
    events: EventSettings = EventSettings()
    land: LandSettings = LandSettings()
    alerts: AlertSettings = AlertSettings()
    store: StoreSettings = StoreSettings()
    screen: ScreenSettings = ScreenSettings()
    archive: ArchiveSettings = ArchiveSettings()
    feeds: dict[str, FeedSettings] = Field(default_factory=dict)
