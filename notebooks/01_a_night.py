# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A night on the coast
#
# 一夜：从数据库读出一次回放，看全局，看停靠，再拆解一条预警。
#
# **Before you begin**, let a night be written to the store:
#
# - `make demo` replays three simulated nights, the last of them at 45 times its speed; this
#   notebook may be run meanwhile, and again later, to see more of it; or
# - `pierwatch replay RECORDING` writes any recording as fast as it goes.
#
# Then run it with the checkout's own Python, which `make setup` gives ipykernel and jupytext: in an
# editor that knows `# %%` cells, or in JupyterLab ("Open With → Notebook"), or without either by
#
#     .venv/bin/jupytext --to ipynb notebooks/01_a_night.py
#     .venv/bin/jupyter-execute --inplace notebooks/01_a_night.ipynb
#
# The store is found by itself: what `DATABASE_URL` names, else the private cluster below `var/`. It
# is opened read only.
#
# What follows are leads for a person to verify, never evidence. Goods vehicles are not followed
# here and plates are masked.

# %%
from pathlib import Path

import pandas as pd

import desk

pd.set_option("display.max_columns", 30, "display.max_colwidth", 60)
night = desk.open()
night.runs()[["run_id", "kind", "name", "site", "simulated", "timezone", "tick"]]

# %% [markdown]
# ## 1. What was heard
#
# 一、收到了什么：每条船位一行，带时区的 UTC 时间，WGS 84 经纬度。
#
# `positions` gives every report as it arrived, nothing cleaned, of the newest run's last 24 hours.
# Which station heard how much of which vessels is the first thing to ask of a night: what nobody
# heard cannot raise an alert, and a silence means little where reception is thin.

# %%
heard = night.positions()
heard.groupby("source").agg(
    reports=("target", "size"),
    vessels=("target", "nunique"),
    first=("observed_at", "min"),
    last=("observed_at", "max"),
)

# %% [markdown]
# `tracks` gives the cleaned lines, one a vessel and hour. The frames are GeoPandas' own, so lengths
# come from a projection: here the UTM zone that the data lies in.

# %%
tracks = night.tracks()
length_km = tracks.to_crs(tracks.estimate_utm_crs()).length / 1000
by_vessel = tracks.assign(length_km=length_km).groupby(["target", "name"], dropna=False)
by_vessel["length_km"].sum().sort_values(ascending=False).head(8).round(1)

# %% [markdown]
# ## 2. The night on one sheet
#
# 二、一夜的全图：码头按登记状态着色，航迹为细线，预警按排序编号。
#
# Rank is the probability times the severity. A filled number asks a person to check now, an open
# one says: keep an eye on it.

# %%
root = next(p for p in (Path.cwd(), *Path.cwd().parents) if (p / "sites").is_dir())
land = root / "sites" / night.runs()["site"].iloc[0] / "land.geojson"
night.map(land=land if land.is_file() else None)

# %% [markdown]
# ## 3. Who stopped at a pier
#
# 三、谁停靠了码头：靠泊事件与登记状态相连，闲置码头上的夜间停靠值得一看。
#
# Pier calls carry a confidence: 1 came or went only, 2 lay there or was silent there, 3 that and
# came or went, 4 that and both. A dark landing is typically a 2 or 3: who switches off on the way
# in is not seen to come. An idle pier is where a call is rare.

# %%
calls = night.events("pier_call").merge(
    night.piers()[["pier_id", "name", "status", "township"]], on="pier_id", how="left"
)
pd.crosstab(calls["status"], calls["confidence"])

# %%
idle = calls[(calls["status"] == "idle") & (calls["confidence"] >= 2)]
idle[["event_from", "event_to", "targets", "pier_id", "name", "township", "confidence"]]

# %% [markdown]
# ## 4. What stands out
#
# 四、值得注意的：每条预警取最新一版，概率与后果分开列出。
#
# `posterior` says how likely an unlawful landing is, `severity` how grave it would be. The two are
# never mixed before the rank. The probability is not calibrated on this coast yet: compare alerts
# by it, do not quote it as a rate. `not_covered` names what could not have seen and so counts
# neither way.

# %%
alerts = night.alerts()
alerts[
    [
        "alert_id", "level", "status", "posterior", "severity", "rank", "pier_id", "berth_from",
        "targets", "not_covered",
    ]
]  # fmt: skip

# %% [markdown]
# ## 5. One alert taken apart
#
# 五、拆解一条预警：从先验出发，逐项相加，直到后验；每一步都可核对。
#
# Take the first by rank. Its probability starts from how rare a landing is at any pier on any
# night, and each contribution moves it by so many nats: 0.69 nats double the odds, 2.3 make ten
# times of them. The bars add up to the posterior. If a night has no alert yet, there is nothing to
# take apart, and the cells below say so.

# %%
why = night.explain(alerts["alert_id"].iloc[0]) if len(alerts) else None
why.figure() if why else "no alert yet: run this again when the night is further on"

# %%
why.table if why else None

# %% [markdown]
# Nothing is ever edited: as the vessel stays, or late reports come in, the alert is revised. What
# was said first, and when, can always be seen, and so can what the probability was at that time.

# %%
why.revisions if why else None

# %% [markdown]
# Severity is weighed by criteria of consequence only. Where a criterion is not known the middle is
# taken, and the row says so.

# %%
why.severity if why else None

# %% [markdown]
# ## 6. Around the pier
#
# 六、码头周边：看它从哪里来、何时失联、何时离开，再决定是否建议核查。
#
# Where the vessel's track begins, breaks off and is heard again, the local time stands beside it.
# A break is no proof of a switch that was turned: look at who else was heard there at the time.

# %%
focus = alerts["alert_id"].iloc[0] if len(alerts) else None
night.map(land=land if land.is_file() else None, alert_id=focus)

# %%
if focus:
    pier = alerts["pier_id"].iloc[0]
    near = night.positions(near_pier=pier, within_m=300)
    near["hour"] = near["observed_at"].dt.tz_convert(night.runs()["timezone"].iloc[0]).dt.hour
    seen = near.groupby(["target", "hour"]).size().rename("reports").reset_index()
    print(f"heard within 300 m of {pier}, by local hour")
    print(seen.to_string(index=False))

# %% [markdown]
# What a lawful explanation would look like — a skipper at his home pier, a service boat with work
# there, shelter from weather — is yours to look for before anyone is sent. The decision is an
# officer's.

# %%
night.close()
