from __future__ import annotations

from pathlib import Path

from domain.events import CloudEvent
from sandbox.kernel import Subscriber, in_thread
from sandbox.processes import free_ports
from tests.integration.sandbox.desk import Desk, eventually
from tests.integration.sandbox.toy import Receiver, build, events_url, receiving, toy_settings

NEWS = {"tenant": "acme", "order_id": "SO-1"}


def subscription(receiver: Receiver) -> Subscriber:
    return Subscriber(url=receiver.url, secret="token-of-door")


def test_an_event_is_delivered_with_its_token_as_a_cloud_event() -> None:
    with receiving() as receiver, in_thread(build(toy_settings(subscribers=(subscription(receiver),)))) as url:
        event_id = Desk(url, "admin").made("/admin/news", NEWS)["id"]
        [event] = eventually(lambda: receiver.taken)
        assert receiver.attempts[0][0] == "Bearer token-of-door"
        assert event["id"] == event_id
        assert CloudEvent.model_validate(event | {"type": "holdfast.order_changed"}).data.order_id == "SO-1"


def test_an_event_is_retried_until_it_is_taken_and_is_the_same_each_time() -> None:
    with receiving() as receiver, in_thread(build(toy_settings(subscribers=(subscription(receiver),)))) as url:
        receiver.refusing = 2
        Desk(url, "admin").made("/admin/news", NEWS)
        eventually(lambda: receiver.taken)
        assert len(receiver.attempts) == 3
        assert len({event["id"] for _, event in receiver.attempts}) == 1
        eventually(lambda: Desk(url, "admin").seen("/admin/webhooks")["undelivered"] == 0)


def test_events_survive_a_restart_and_a_receiver_that_was_down(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    down = Subscriber(url=events_url(port), secret="token-of-door")
    settings = toy_settings(tmp_path / "toy.db", subscribers=(down,))
    with in_thread(build(settings)) as url:
        admin = Desk(url, "admin")
        for number in range(3):
            admin.made("/admin/news", NEWS | {"detail": str(number)})
    with receiving(port) as receiver, in_thread(build(settings)):
        eventually(lambda: len(receiver.taken) == 3)
        assert {event["data"]["detail"] for event in receiver.taken} == {"0", "1", "2"}


def test_who_made_a_change_need_not_be_told_of_it() -> None:
    with receiving() as maker, receiving() as other, in_thread(build(toy_settings())) as url:
        admin = Desk(url, "admin")
        admin.made("/admin/webhooks", {"url": maker.url, "secret": "s", "client": "holdfast"})
        admin.made("/admin/webhooks", {"url": other.url, "secret": "s", "client": "somebody else"})
        admin.made("/admin/news", NEWS)
        eventually(lambda: admin.seen("/admin/webhooks")["undelivered"] == 0)
        assert other.taken
        assert maker.attempts == []


def test_receivers_come_and_go_by_the_administrator() -> None:
    with receiving() as receiver, in_thread(build(toy_settings())) as url:
        admin = Desk(url, "admin")
        admin.made("/admin/news", NEWS | {"detail": "nobody listens"})
        admin.made("/admin/webhooks", {"url": receiver.url, "secret": "s"})
        assert admin.seen("/admin/webhooks") == {"items": [receiver.url], "undelivered": 0}
        admin.made("/admin/news", NEWS | {"detail": "heard"})
        eventually(lambda: [event["data"]["detail"] for event in receiver.taken] == ["heard"])
        assert admin.http.delete("/admin/webhooks").status_code == 204
        assert admin.seen("/admin/webhooks")["items"] == []
