import re
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.attendance.curve import curve
from consult.attendance.intervals import Channel, Span
from consult.reports.chart import WIDE, axis_svg, bars_svg, presence_svg
from tests.attendance.timeline import START, between, periods, span, stretches

SHANGHAI = ZoneInfo("Asia/Shanghai")
BROWSER, VIDEO = Channel.BROWSER, Channel.VIDEO
SVG = "{http://www.w3.org/2000/svg}"
WINDOW = between(-900, 7200)
MEETING = [between(0, 7200)]


def parsed(markup) -> ElementTree.Element:
    """The drawing, checked to hold nothing that our CSP would block."""
    text = str(markup)
    assert not re.search(r"style|<script|\son\w+=|href", text)
    assert text.count("<svg") == 1
    return ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314


def drawn(people, *, expected=3, window=WINDOW, periods=MEETING, outages=(), zone=SHANGHAI, width=WIDE):
    return parsed(
        presence_svg(
            curve(people, window), expected=expected, periods=periods, outages=outages, zone=zone, width=width
        )
    )


def texts(drawing) -> list[str]:
    return [text.text for text in drawing.iter(f"{SVG}text")]


def of_class(drawing, name) -> list[ElementTree.Element]:
    return [element for element in drawing.iter() if element.get("class") == name]


PEOPLE = [[span(-900, 7200, BROWSER)], [span(-60, 3600, BROWSER)]]


def test_curve_has_its_labels_in_the_zone_of_the_meeting():
    drawing = drawn(PEOPLE)
    assert {"Expected: 3", "At most 2", "15:00 opened", "17:00 closed", "14:45", "15:30", "16:00"} <= set(
        texts(drawing)
    )
    assert "07:00 opened" in texts(drawn(PEOPLE, zone=ZoneInfo("UTC")))


def test_curve_is_told_to_who_can_not_see_it():
    drawing = drawn(PEOPLE, outages=[between(2160, 2218)])
    assert drawing.get("role") == "img"
    assert drawing[0].tag == f"{SVG}title"
    assert drawing[0].text == "People present over time"
    assert drawing[1].text == (
        "From 14:45 to 17:00. Expected: 3. At most 2 were there, at 14:59. At the opening at 15:00: 2. "
        "15:36 our server was down for 58 seconds"
    )


def test_curve_steps_up_and_down_at_the_right_places():
    drawing = drawn([[span(-900, 7200, BROWSER)], [span(3150, 7200, BROWSER)]], expected=2)
    (line,) = of_class(drawing, "line")
    left, right = 24, 988  # one digit on the axis
    half_time = left + (right - left) / 2
    assert line.get("d") == f"M{left} 104.5V104.5H{half_time:g}V29H{right}"
    (dot,) = drawing.iter(f"{SVG}circle")
    assert (float(dot.get("cx")), float(dot.get("cy"))) == (half_time, 29)
    (expect,) = of_class(drawing, "expect")
    assert expect.get("d") == f"M{left} 29H{right}"
    assert [gate.get("d")[:8] for gate in of_class(drawing, "gate")] == ["M131.11 ", "M988 22V"]


def test_more_people_than_expected_stay_in_the_picture():
    drawing = drawn([[span(0, 100, BROWSER)]] * 9, expected=2)
    assert float(next(drawing.iter(f"{SVG}circle")).get("cy")) == 29
    assert {"0", "2", "6"} <= set(texts(drawing))


def test_every_opening_and_closing_is_marked():
    reopened = [between(0, 3000), between(3600, 7200)]
    assert len(of_class(drawn(PEOPLE, periods=reopened), "gate")) == 4


@pytest.mark.parametrize(
    ("length", "told"), [(0.2, "1 second"), (59.4, "59 seconds"), (70, "1 minute"), (600, "10 minutes")]
)
def test_outage_is_a_band_with_its_length(length, told):
    drawing = drawn(PEOPLE, outages=[between(3600, 3600 + length), between(-2000, -1000)])
    (band,) = of_class(drawing, "outage")
    assert band[0].text == f"16:00 our server was down for {told}"
    assert float(band.get("width")) >= 2
    assert band[0].text in texts(drawing)


def test_labels_of_outages_do_not_lie_on_each_other():
    drawing = drawn(PEOPLE, outages=[between(600, 660), between(700, 760), between(7000, 7100)])
    assert len(of_class(drawing, "outage")) == 3
    assert sorted(text for text in texts(drawing) if "server" in text) == [
        "15:10 our server was down for 1 minute",
        "16:56 our server was down for 2 minutes",
    ]


def test_nobody_expected_and_nobody_there_is_an_empty_curve():
    drawing = drawn([], expected=0, periods=[])
    assert not of_class(drawing, "expect")
    assert not list(drawing.iter(f"{SVG}circle"))
    assert {"0", "14:45", "16:00"} <= set(texts(drawing))


def test_a_meeting_over_days_shows_dates():
    days = between(0, 3 * 86_400)
    assert "11-26 00:00" in texts(drawn([], window=days, periods=[days]))


def test_a_province_in_the_room_draws_no_more_than_600_points():
    people = [[span(number, 7200 - number / 2, BROWSER)] for number in range(3000)]
    drawing = drawn(people, expected=3000)
    (line,) = of_class(drawing, "line")
    assert 300 < line.get("d").count("H") <= 601
    assert "At most 3000" in texts(drawing)


spans_of_one = stretches.filter(lambda stretch: stretch[0] < stretch[1]).map(
    lambda stretch: [span(*stretch, BROWSER)]
)


@given(
    st.lists(spans_of_one, max_size=5),
    stretches,
    periods,
    periods,
    st.integers(0, 2000),
    st.sampled_from([1, 60, 86_400, 864_000]),
    st.sampled_from([WIDE, 358]),
)
def test_any_curve_stays_within_its_frame(people, window, opened, down, expected, scale, width):
    def longer(instant):
        return START + (instant - START) * scale

    people = [
        [Span(longer(one.start), longer(one.end), one.channels, one.bridged) for one in spans]
        for spans in people
    ]
    opened, down, [window] = (
        [(longer(start), longer(end)) for start, end in intervals]
        for intervals in (opened, down, [between(*window)])
    )
    drawing = drawn(people, expected=expected, window=window, periods=opened, outages=down, width=width)
    for element in drawing.iter():
        for name in ("x", "cx"):
            assert 0 <= float(element.get(name, 0)) <= width
        for x in re.findall(r"[MH]([-\d.]+)", element.get("d", "")):
            assert 0 <= float(x) <= width
        for y in re.findall(r"(?:M\S+ |V)([-\d.]+)", element.get("d", "")):
            assert 0 <= float(y) <= 210
    axis = [element for element in drawing.iter(f"{SVG}text") if element.get("y") == "202"]
    reach = []
    for label in axis:
        wide = 8.12 * len(label.text)
        shift = {"start": 0, "middle": wide / 2, "end": wide}[label.get("text-anchor")]
        left = float(label.get("x")) - shift
        reach.append((left, left + wide))
    assert all(one[1] + 11.9 < other[0] for one, other in pairwise(sorted(reach)))


def test_bars_show_lobby_presence_and_bridge_apart():
    spans = [span(-25, 40, BROWSER), span(40, 50), span(50, 60, BROWSER), span(60, 75, BROWSER, VIDEO)]
    drawing = parsed(bars_svg(spans, between(-25, 75), periods=[between(0, 75)], zone=SHANGHAI))
    assert [(bar.get("x"), bar.get("width")) for bar in of_class(drawing, "lobby")] == [("0%", "25%")]
    assert [(bar.get("x"), bar.get("width")) for bar in of_class(drawing, "there")] == [
        ("25%", "40%"),
        ("75%", "25%"),
    ]
    assert [(line.get("x1"), line.get("x2")) for line in of_class(drawing, "bridged")] == [("65%", "75%")]
    assert [line.get("x1") for line in of_class(drawing, "edge")] == ["25%", "100%"]


def test_bars_are_told_to_who_can_not_see_them():
    spans = [span(0, 600, BROWSER), span(600, 660), span(660, 7200, BROWSER, VIDEO)]
    drawing = parsed(bars_svg(spans, WINDOW, periods=MEETING, zone=SHANGHAI))
    assert drawing[0].text == (
        "15:00–15:10 Web page; 15:10–15:11 bridged; 15:11–17:00 Web page, Video meeting"
    )


def test_bars_of_who_was_never_there_say_so():
    drawing = parsed(bars_svg([], WINDOW, periods=MEETING, zone=SHANGHAI))
    assert drawing[0].text == "No record of being there"
    assert not list(drawing.iter(f"{SVG}rect"))


def test_bars_of_a_reopened_meeting_are_grey_in_between():
    opened = [between(0, 30), between(60, 100)]
    drawing = parsed(bars_svg([span(0, 100, BROWSER)], between(0, 100), periods=opened, zone=SHANGHAI))
    assert [(bar.get("x"), bar.get("width")) for bar in of_class(drawing, "lobby")] == [("30%", "30%")]
    assert len(of_class(drawing, "there")) == 2


@given(st.lists(spans_of_one, max_size=3), stretches, periods)
def test_bars_never_leave_their_row(people, window, opened):
    for spans in people:
        drawing = parsed(bars_svg(spans, between(*window), periods=opened, zone=SHANGHAI))
        for bar in drawing.iter(f"{SVG}rect"):
            left, width = (float(bar.get(name).rstrip("%")) for name in ("x", "width"))
            assert left >= 0
            assert width > 0
            assert left + width <= 100.01


def test_axis_of_the_bars_stands_over_the_openings():
    drawing = parsed(axis_svg(WINDOW, periods=MEETING, zone=SHANGHAI))
    assert [(text.text, text.get("text-anchor")) for text in drawing.iter(f"{SVG}text")] == [
        ("15:00", "middle"),
        ("17:00", "end"),
        ("16:00", "middle"),
    ]
    assert next(drawing.iter(f"{SVG}text")).get("x") == "11.11%"


def test_round_times_are_round_where_the_meeting_is():
    kathmandu = ZoneInfo("Asia/Kathmandu")  # UTC+5:45: the window starts at 12:30
    assert {"13:00", "14:00"} <= set(texts(drawn([], zone=kathmandu, periods=[])))
