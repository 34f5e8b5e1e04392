"""Names in the manner of the place: 岙 (cove), 道头 (landing steps), 碶 (sluice), 涂 (tideland).

All are composed, none is taken from a register; where one is also a real name, that is chance.
"""

from __future__ import annotations

import numpy as np

STEMS = (
    "沙头", "白岩", "乌岩", "黄泥", "鹅头", "金鸡", "鲤鱼", "虎头", "龙洞", "青湾", "石门", "鹁鸪",
    "螺蛳", "乌龟", "笔架", "牛轭", "长拦", "箬帽", "大目", "小目", "外门", "里门", "上洋", "下洋",
    "东岙", "西岙", "南岙", "北岙", "朱门", "官船", "水桶", "灯笼", "棋盘", "马鞍", "羊角", "猫头",
    "老鹰", "燕窝", "梅花", "桃花", "竹屿", "芦花", "盐仓", "旧城", "烟墩", "炮台", "庙前", "塘头",
    "新塘", "老塘", "三角", "四亩", "五里", "六份", "七姓", "八亩", "大泥", "小泥", "深水", "浅水",
    "对面", "后门", "门前", "大坦", "小坦", "蛏子", "蚶田", "海螺", "紫菜", "带鱼", "鲳鱼", "黄鱼",
)  # fmt: skip
LANDFORMS = ("岙", "湾", "塘", "嘴", "碶", "涂", "浦", "门", "山", "礁")
FACILITIES = {
    "pier": ("码头", "渔业码头", "道头", "货运码头"),
    "jetty": ("道头", "埠头", "小码头"),
    "ramp": ("船坡", "坡道", "石阶道头"),
    "beach": ("沙滩冲滩点", "滩头", "沙滩"),
    "mudflat": ("滩涂", "泥涂冲滩点", "涂面"),
}
_FITTING = {
    "beach": ("岙", "湾", "嘴", "礁"),
    "mudflat": ("涂", "塘", "碶", "浦", "岙"),
}


def name_piers(
    kinds: list[str], townships: list[str], dice: np.random.Generator
) -> list[tuple[str, list[str]]]:
    """A name and its aliases for each pier; no name or alias is given twice.

    Raises
    ------
    ValueError
        The word lists are too short for so many piers.
    """
    pairs = [(stem, form) for stem in STEMS for form in LANDFORMS if form not in stem]
    order = [pairs[i] for i in dice.permutation(len(pairs))]
    out: list[tuple[str, list[str]]] = []
    used: set[str] = set()
    for kind, township in zip(kinds, townships, strict=True):
        fitting = _FITTING.get(kind, LANDFORMS)
        found = next((i for i, (_, form) in enumerate(order) if form in fitting), None)
        if found is None:
            raise ValueError(f"no name is left for a {kind}")
        stem, form = order.pop(found)
        facility = FACILITIES[kind][int(dice.integers(len(FACILITIES[kind])))]
        lead = "定山" if township == "定山" else ""
        aliases = [
            f"{stem}{form}",
            f"{township}{stem}{facility[-2:]}",
            f"老{stem}道头",
        ]
        count = int(dice.integers(1, 4))
        name = f"{lead}{stem}{form}{facility}"
        fresh = [alias for alias in aliases[:count] if alias not in used and alias != name]
        used.update(fresh, [name])
        out.append((name, fresh))
    return out
