"""ONVIF metadata: objects in frames, out of XML that is not to be trusted.

No entities, no document type, nothing fetched; size, depth and number of elements are bounded.
Names are compared without their namespaces, which makers write differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ingest.cameras.privacy import DROPPED, note, only, plain
from ingest.cameras.values import Refused, Seen, Sighting, number, rfc3339_time, text, told
from ingest.plates import plate_of

FORMAT: Final = "onvif.metadata"
MOST_CHARACTERS: Final = 1 << 18
MOST_DEPTH: Final = 24
MOST_ELEMENTS: Final = 2_500  # more would take longer than a frame may; a camera sees ten objects
_PERSONS: Final = ("human", "person")
_FACES: Final = ("face", "humanface")
_WITH_PLATES: Final = ("vehicle", "licenseplate", "car", "truck", "bus", "motorcycle")
#: Elements that are kept: pictures, faces, bodies and whatever else is not named are dropped.
_KEPT: Final = frozenset({
    "MetadataStream", "VideoAnalytics", "Frame", "Transformation", "Translate", "Scale", "Object",
    "Appearance", "Shape", "BoundingBox", "CenterOfGravity", "Class", "ClassCandidate", "Type",
    "Likelihood", "VehicleInfo", "LicensePlateInfo", "PlateNumber", "PlateType", "CountryCode",
    "IssuingEntity", "Behaviour", "Removed", "Idle", "Speed", "GeoLocation",
})  # fmt: skip


class _Bounded(TreeBuilder):
    """Builds a tree up to a depth and a number of elements."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MOST_DEPTH or self._elements > MOST_ELEMENTS:
            raise Refused("too_deep", "XML of too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def cleaned(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of a stream: the XML as it is, or without what is dropped."""
    kept = only(payload, (), inner=("xml",))
    root = _parsed(payload.get("xml"))
    gone = _prune(root)
    if gone:
        kept["xml"] = tostring(root, encoding="unicode")
        kept[DROPPED] = note(len(gone), b"".join(tostring(each) for each in gone))
    return kept


def read(payload: Mapping[str, Any]) -> Seen:
    """The sightings of a cleaned stream: every object of every frame."""
    seen = Seen()
    for frame in _named(_parsed(payload.get("xml")), "Frame"):
        for each in frame:
            if _local(each) != "Object":
                continue
            try:
                _take(each, frame.get("UtcTime"), payload.get(DROPPED), seen)
            except Refused as refused:
                seen.sightings.append(refused)
    return seen


def _take(each: Element, time: str | None, dropped: object, seen: Seen) -> None:
    observed = rfc3339_time(time, "UtcTime", zone=False)
    object_id = text(each.get("ObjectId"))
    kind, likelihood = _class(each)
    said = told(format=FORMAT, object_id=object_id, type=kind)
    if next(_named(each, "Removed"), None) is not None:
        said["removed"] = True
    lower = (kind or "").lower()
    if lower in _FACES:
        seen.skip("face")
        return
    if lower in _PERSONS:
        seen.sightings.append(Sighting(observed, said))
        return
    plate, score = _plate(each) if not lower or lower in _WITH_PLATES else (None, None)
    detail = told(
        **said,
        likelihood=likelihood,
        vehicle=_vehicle(each),
        plate=plate,
        plate_score=score,
        dropped=dropped,
    )
    seen.sightings.append(Sighting(observed, detail, plate))


def _class(each: Element) -> tuple[str | None, float | None]:
    """The likeliest class: `<Type Likelihood>` of 2.x or `<ClassCandidate>` of older editions."""
    found = []
    for group in _named(each, "Class"):
        for part in group:
            if _local(part) == "Type":
                found.append((text(part.text), number(part.get("Likelihood"), 0, 1)))
            elif _local(part) == "ClassCandidate":
                texts = {_local(inner): inner.text for inner in part}
                likelihood = number(texts.get("Likelihood"), 0, 1)
                found.append((text(texts.get("Type")), likelihood))
    return max(found, key=lambda pair: pair[1] or 0.0, default=(None, None))


def _vehicle(each: Element) -> str | None:
    for info in _named(each, "VehicleInfo"):
        for part in info:
            if _local(part) == "Type":
                return text(part.text)
    return None


def _plate(each: Element) -> tuple[str | None, float | None]:
    for part in _named(each, "PlateNumber"):
        plate = plate_of(part.text)
        return plate, number(part.get("Likelihood"), 0, 1) if plate else None
    return None, None


def _parsed(xml: object) -> Element:
    if not isinstance(xml, str):
        raise Refused("bad_payload", "xml is no text")
    if len(xml) > MOST_CHARACTERS:
        raise Refused("too_long", f"XML of {len(xml)} characters")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(xml)
        root = parser.close()
    except DefusedXmlException as error:
        raise Refused("bad_xml", f"not allowed: {type(error).__name__}") from None
    except (ParseError, ValueError, AssertionError):
        raise Refused("bad_xml", "not well-formed") from None
    if _local(root) != "MetadataStream":
        raise Refused("bad_xml", "no MetadataStream")
    return root


def _prune(element: Element) -> list[Element]:
    """Take out what is not kept; what was taken out."""
    gone = [child for child in element if _local(child) not in _KEPT or not _plain(child)]
    for child in gone:
        element.remove(child)
        child.tail = None
    for child in element:
        gone += _prune(child)
    return gone


def _plain(element: Element) -> bool:
    texts = (element.text or "", element.tail or "", *element.attrib.values())
    return all(plain(text) for text in texts)


def _named(element: Element, name: str) -> Iterator[Element]:
    return (each for each in element.iter() if _local(each) == name)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
