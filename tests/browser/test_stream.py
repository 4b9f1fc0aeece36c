"""The stream of events goes on when a click joins the queue at the moment the server ends it (`assets/stream.js`)."""

from __future__ import annotations

from typing import Any

import pytest

from ui.app import ASSETS

# A server of one session: what joins the queue, and what its streams say until they end.
SERVER = """
  const streams = [];
  const asked = [];
  window.fetch = async (input) => {
    const url = String(input);
    asked.push(url.split("/").pop());
    if (url.endsWith("/queue/join")) return Response.json({ event_id: `event${asked.length}` });
    if (!url.endsWith("/queue/data")) return new Response("as it was");
    let controller;
    const body = new ReadableStream({ start: (given) => { controller = given; } });
    const encoder = new TextEncoder();
    streams.push({
      say: (message) => controller.enqueue(encoder.encode(`data: ${JSON.stringify(message)}\\n\\n`)),
      raw: (bytes) => controller.enqueue(bytes),
      end: () => controller.close(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
"""
# What Gradio's script would make of it: the messages of one stream, read to its end.
READER = """
  const heard = [];
  const listen = async () => {
    const answer = await fetch("http://desk/queue/data");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
      const whole = text.split("\\n\\n");
      text = whole.pop();
      heard.push(...whole.map((message) => JSON.parse(message.slice(6))));
    }
    heard.push({ msg: "(end)" });
  };
  const join = async () => (await (await fetch("http://desk/queue/join", { method: "POST" })).json()).event_id;
  const until = async (test) => { while (!test()) await new Promise((resolve) => setTimeout(resolve, 5)); };
  const said = () => heard.map(({ msg, event_id }) => msg + (event_id ? " " + event_id : ""));
"""


@pytest.fixture
def play(chromium: Any) -> Any:
    page = chromium.new_page()
    script = (ASSETS / "stream.js").read_text(encoding="utf-8")

    def run(steps: str) -> Any:
        return page.evaluate(f"async () => {{ {SERVER}\n{script}\n{READER}\n{steps} }}")

    yield run
    page.close()


def test_a_stream_that_no_event_waits_for_ends_as_the_server_says(play: Any):
    heard, asked = play("""
      const id = await join();
      const over = listen();
      await until(() => streams.length);
      streams[0].say({ msg: "process_completed", event_id: id });
      streams[0].say({ msg: "close_stream" });
      await over;
      return [said(), asked];
    """)
    assert heard == ["process_completed event1", "close_stream", "(end)"]
    assert asked == ["join", "data"]


def test_an_event_that_joined_before_the_end_was_heard_is_answered(play: Any):
    heard, asked = play("""
      const first = await join();
      const over = listen();
      await until(() => streams.length);
      const late = await join();
      streams[0].say({ msg: "process_completed", event_id: first });
      streams[0].say({ msg: "close_stream" });
      streams[0].end();
      await until(() => streams.length === 2);
      streams[1].say({ msg: "process_completed", event_id: late });
      streams[1].say({ msg: "close_stream" });
      await over;
      return [said(), asked];
    """)
    assert heard == ["process_completed event1", "process_completed event3", "close_stream", "(end)"]
    assert asked == ["join", "data", "join", "data"]


def test_an_event_answered_before_its_joining_was_read_keeps_no_stream_open(play: Any):
    heard, asked = play("""
      const first = await join();
      const over = listen();
      await until(() => streams.length);
      streams[0].say({ msg: "process_completed", event_id: "event3" });
      await until(() => heard.length === 1);
      await join();
      streams[0].say({ msg: "process_completed", event_id: first });
      streams[0].say({ msg: "close_stream" });
      await over;
      return [said(), asked];
    """)
    assert heard == ["process_completed event3", "process_completed event1", "close_stream", "(end)"]
    assert asked == ["join", "data", "join"]


def test_a_joining_right_after_the_end_is_told_of_only_once_the_end_is_taken_in(play: Any):
    order = play("""
      const order = [];
      const first = await join();
      const over = listen().then(() => order.push("end"));
      await until(() => streams.length);
      streams[0].say({ msg: "process_completed", event_id: first });
      streams[0].say({ msg: "close_stream" });
      await until(() => heard.some(({ msg }) => msg === "process_completed"));
      await Promise.all([over, join().then(() => order.push("joined"))]);
      return order;
    """)
    assert order == ["end", "joined"]


def test_messages_cut_anywhere_come_whole_and_other_requests_are_left_alone(play: Any):
    heard, other = play("""
      await join();
      const over = listen();
      await until(() => streams.length);
      const text = 'data: {"msg": "log", "log": "麦收进入尾声"}\\n\\ndata: {"msg": "close_stream"}\\n\\n';
      for (const byte of new TextEncoder().encode(text)) streams[0].raw(new Uint8Array([byte]));
      await over;
      return [heard, await (await fetch("http://desk/config")).text()];
    """)
    assert heard == [{"msg": "log", "log": "麦收进入尾声"}, {"msg": "close_stream"}, {"msg": "(end)"}]
    assert other == "as it was"
