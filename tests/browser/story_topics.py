"""The first part of the story: what members propose, and how it comes into the annual plan."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser import letters, ways
from tests.browser.story import Story, addresses, press, sign_in_link
from tests.browser.words import zh

CALL = "征集二〇二七年度协商议题"
TOPIC, MERGED, REJECTED = "推进城乡供水一体化", "改造农村饮水管网", "给县城主街换路灯"
WHY_NOT = "路灯改造已列入住建局今年的计划。"


def call_for_topics(story: Story) -> None:
    """Every member of the county is told."""
    page = story.office
    page.get_by_role("link", name="Topics").first.click()
    page.get_by_role("link", name="Calls for topics").first.click()
    page.get_by_role("link", name="New call for topics").first.click()
    page.get_by_label("Title").fill(CALL)
    page.get_by_label("For the annual plan of").fill("2027")
    page.get_by_label("What members are asked for").fill("请围绕乡村振兴和民生实事提出议题。")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The call for topics is kept.")).to_be_visible()
    story.all_told("Call for topics: %(title)s", CALL, addresses(story.members))


def propose_and_second(story: Story) -> None:
    """A member comes by a link that the office hands out, another by the one in his mail."""
    first, second, *_others = story.phones
    ways.sign_in_by_link(first, sign_in_link(story, story.members[0]))
    propose(first, TOPIC)
    propose(first, REJECTED)
    letter = story.told("Call for topics: %(title)s", CALL)[story.members[1].email][0]
    press(second, letters.link(letter), story.members[1])
    expect(second.get_by_role("heading", name=CALL)).to_be_visible()
    second.locator("li", has_text=TOPIC).get_by_role("button", name=zh("Second this topic")).click()
    expect(second.locator("li", has_text=TOPIC)).to_contain_text(zh("You second it"))
    propose(second, MERGED)


def propose(page: Page, title: str) -> None:
    page.get_by_role("link", name=zh("Topics"), exact=True).locator("visible=true").first.click()
    page.get_by_role("link", name=zh("Propose a topic")).first.click()
    page.get_by_label(zh("Your topic")).fill(title)
    page.get_by_label(zh("Why, and what you suggest")).fill("集中供水率不高，管网老化，建议统筹推进。")
    page.get_by_role("button", name=zh("Send it to the office")).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def decide(story: Story) -> None:
    """Two are shortlisted, one is not taken up, one goes into another, which is taken into the plan."""
    page = story.office
    to_topic(page, "")
    for title in (TOPIC, MERGED):
        page.get_by_label(f"Tick “{title}”").check()
    page.get_by_role("button", name="Shortlist").click()
    expect(page.get_by_text("2 topics are shortlisted.")).to_be_visible()
    to_topic(page, REJECTED)
    page.get_by_role("link", name="Do not take up").click()
    page.get_by_label("Reason").fill(WHY_NOT)
    page.get_by_role("button", name="Do not take up").click()
    to_topic(page, MERGED)
    page.get_by_role("link", name="Merge", exact=True).click()
    page.get_by_label("Merge it into").select_option(label=TOPIC)
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("The topic is merged.")).to_be_visible()
    to_topic(page, TOPIC)
    page.get_by_role("link", name="Take into the annual plan").click()
    page.get_by_role("button", name="Take into the annual plan").click()
    expect(page.get_by_text("The topic is in the annual plan.")).to_be_visible()
    page.get_by_role("link", name="2027", exact=True).click()
    expect(in_the_plan(page)).to_contain_text("No meeting yet")


def to_topic(page: Page, title: str) -> None:
    """From wherever one is to a topic of the call, or to the call itself."""
    page.get_by_role("link", name="Topics", exact=True).first.click()
    page.get_by_role("link", name="Calls for topics").first.click()
    page.get_by_role("link", name=CALL).click()
    if title:
        page.get_by_role("link", name=title, exact=True).click()


def in_the_plan(page: Page) -> Locator:
    return page.locator("#rows tr", has_text=TOPIC)


def see_what_became_of_it(story: Story) -> None:
    """The proposer reads the reason in the application and in his mail; so does he whose topic was merged."""
    first, second, *_others = story.phones
    for page, title, text in ((first, REJECTED, WHY_NOT), (first, TOPIC, "2027"), (second, MERGED, TOPIC)):
        story.go(page, "/topics/mine")
        expect(page.locator("li", has_text=title)).to_contain_text(text)
    story.told_one("About your topic: %(title)s", REJECTED, story.members[0], WHY_NOT)
    story.told_one("About your topic: %(title)s", MERGED, story.members[1], TOPIC)
