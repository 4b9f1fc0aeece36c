// Gradio 6 tells a tab of all its events over one stream, which the server ends (`close_stream`) once none is waiting.
// A click made in that moment joins the server's queue after the stream's end, while Gradio's own script still takes
// the stream for open: the click's event would never be answered. So the end is passed on only when no event has
// joined since the stream began that it has not completed; otherwise the stream is asked for again, and the server,
// which keeps the messages of a session until they are read, goes on with them.
(() => {
  "use strict";
  const ask = window.fetch.bind(window);
  const open = new Set(); // ids of events that joined since the stream began
  const early = new Set(); // ids that the stream completed before the answer to their joining was read
  let ending = Promise.resolve();

  const join = async (input, init) => {
    const answer = await ask(input, init);
    if (answer.ok) {
      const { event_id: id } = await answer.clone().json();
      if (!early.delete(id)) open.add(id);
    }
    await ending;
    return answer;
  };

  // The stream's messages one at a time, each with the blank line that ends it.
  const messages = async function* (body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const whole = (text + decoder.decode(part.value, { stream: true })).split("\n\n");
      text = whole.pop();
      for (const message of whole) yield message + "\n\n";
    }
  };

  const begin = (input, init) => {
    open.clear();
    early.clear();
    return ask(input, init);
  };

  // The messages of a stream and of those that go on where it ended.
  const follow = async function* (answer, again) {
    for await (const message of messages(answer.body)) {
      const { msg, event_id: id } = JSON.parse(message.replace(/^data: /, ""));
      if (msg === "process_completed" && !open.delete(id)) early.add(id);
      if (msg !== "close_stream") {
        yield message;
      } else if (open.size) {
        yield* follow(await again(), again);
        return;
      } else {
        // Whoever joins now waits until Gradio's script has taken note.
        ending = new Promise((resolve) => setTimeout(resolve, 50));
        yield message;
        return;
      }
    }
  };

  const listen = async (input, init) => {
    const answer = await begin(input, init);
    if (!answer.ok || !answer.body) return answer;
    const source = follow(answer, () => begin(input, init));
    const encoder = new TextEncoder();
    const body = new ReadableStream({
      async pull(controller) {
        const { value, done } = await source.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      cancel: () => source.return(),
    });
    return new Response(body, { status: answer.status, headers: answer.headers });
  };

  window.fetch = (input, init) => {
    const path = new URL(input.url ?? input, location.href).pathname;
    if (path.endsWith("/queue/join")) return join(input, init);
    if (path.endsWith("/queue/data")) return listen(input, init);
    return ask(input, init);
  };
})();
