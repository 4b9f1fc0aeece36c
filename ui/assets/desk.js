// What Python cannot do from the server: addresses, keys, the clipboard, and where things stand on the screen.
// Clicks inside rendered HTML are described by data- attributes and leave through `baowen.bus` (see ui/bus.py).
// Nothing here makes markup out of data: text goes in through textContent only.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const touch = () => window.matchMedia("(hover: none)").matches;

  const address = (changes) => {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(changes)) {
      if (value) query.set(key, value);
      else query.delete(key);
    }
    const text = query.toString();
    history.replaceState(null, "", location.pathname + (text ? "?" + text : ""));
  };

  const full = (changes) => {
    const query = new URLSearchParams(changes);
    return `${location.origin}${location.pathname}?${query}`;
  };

  // The clipboard; pages that are not served from this machine over https have only the old way.
  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.style.position = "fixed";
      area.style.opacity = "0";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    if (!button) return;
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1600);
  };

  // A text as a file, or on paper. `file` is {name, type, text}; without a name it is printed.
  const download = (file) => {
    if (!file?.text) return;
    const url = URL.createObjectURL(new Blob([file.text], { type: `${file.type};charset=utf-8` }));
    if (file.name) {
      const link = document.createElement("a");
      link.href = url;
      link.download = file.name;
      link.click();
    } else {
      const sheet = window.open(url, "_blank");
      sheet?.addEventListener("load", () => sheet.print());
    }
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };

  // The article panel
  let opener = null;
  const showReader = () => document.body.classList.add("reading");
  const hideReader = () => {
    if (!document.body.classList.contains("reading")) return false;
    document.body.classList.remove("reading");
    address({ a: "", s: "" });
    if (opener?.isConnected) opener.focus();
    opener = null;
    return true;
  };
  const opened = (element) => {
    if (!element.textContent.trim()) return;
    showReader();
    requestAnimationFrame(() => {
      const mark = $("#cited", element);
      const panel = $("#reader");
      if (mark) mark.scrollIntoView({ block: "center" });
      else if (panel) panel.scrollTop = 0;
      $("h2", element)?.focus({ preventScroll: true });
    });
  };

  // Keep the turn that is being answered in view, until the reader scrolls away from it.
  let following = "";
  const follow = (element) => {
    const turn = $(".turn", element);
    if (!turn) {
      following = "";
      return;
    }
    const asked = $(".asked", turn).textContent;
    if (asked !== following) turn.scrollIntoView({ block: "start", behavior: "smooth" });
    following = asked;
  };

  // The source sentence beside its mark
  const tip = () => {
    let box = $("#tip");
    if (!box) {
      box = document.createElement("div");
      box.id = "tip";
      box.setAttribute("role", "tooltip");
      box.append(document.createElement("q"), document.createElement("cite"));
      document.body.append(box);
    }
    return box;
  };
  const showTip = (mark) => {
    const box = tip();
    $("q", box).textContent = mark.dataset.quote.trim();
    $("cite", box).textContent = mark.dataset.origin;
    box.classList.add("shown");
    const at = mark.getBoundingClientRect();
    const width = Math.min(360, innerWidth - 24);
    box.style.width = `${width}px`;
    box.style.left = `${Math.max(12, Math.min(at.left - width / 2, innerWidth - width - 12))}px`;
    const above = at.top - box.offsetHeight - 10;
    box.style.top = `${above > 8 ? above : at.bottom + 10}px`;
    mark.setAttribute("aria-describedby", "tip");
  };
  const hideTip = () => {
    $("#tip")?.classList.remove("shown");
    for (const mark of document.querySelectorAll(".cite[aria-describedby]")) mark.removeAttribute("aria-describedby");
  };
  let tapped = null;
  document.addEventListener("mouseover", (event) => {
    const mark = event.target.closest?.(".cite");
    if (mark && !touch()) showTip(mark);
    else if (!touch()) hideTip();
  });
  document.addEventListener("focusin", (event) => {
    const mark = event.target.closest?.(".cite");
    if (mark && mark.matches(":focus-visible")) showTip(mark);
    else if (!touch()) hideTip();
  });
  document.addEventListener("scroll", hideTip, { capture: true, passive: true });

  const send = (name, data) => window.baowen.bus?.(name, data);
  const plain = (data) => Object.fromEntries(Object.entries(data));

  const actions = {
    open: (button, data) => {
      if (button.matches(".cite") && touch() && tapped !== button) {
        tapped = button;
        showTip(button);
        return;
      }
      tapped = null;
      hideTip();
      opener = button;
      address({ a: data.open, s: Number(data.end) > Number(data.start) ? `${data.start}-${data.end}` : "" });
      send("open", data);
    },
    copy: (button, data) => copy(data.copy, button),
    link: (button, data) => copy(full(JSON.parse(data.link)), button),
    here: (button) => copy(full({ c: new URLSearchParams(location.search).get("c") }), button),
    close: () => hideReader(),
    ask: (button, data) => {
      showTab("ask");
      send("ask", data);
    },
    sources: (button, data) => send("sources", data),
    conversation: (button, data) => {
      showTab("ask");
      send("conversation", data);
      if (innerWidth < 900) $(".sidebar .toggle-button")?.click();
    },
    forget: (button, data) => send("forget", data),
    verdict: (button, data) => {
      const turn = button.closest(".turn");
      for (const other of turn.querySelectorAll(".thumb")) other.setAttribute("aria-pressed", String(other === button));
      const why = $(".why", turn);
      why.hidden = data.verdict === "good";
      $(".thanks", turn).hidden = data.verdict !== "good";
      send("feedback", { turn: data.turn, verdict: data.verdict });
      if (data.verdict === "bad") $("input", why).focus();
    },
    shelf: (button, data) => send("shelf", data),
    settle: (button, data) => send("settle", data),
    story: (button, data) => send("story", data),
    tab: (button, data) => showTab(data.tab),
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button, a");
    // Another tab is another occupation, and the article would lie over its tools.
    if (button?.matches('#tabs [role="tab"]')) {
      opener = null;
      hideReader();
    }
    if (!button) {
      if (!event.target.closest?.("#tip")) hideTip();
      return;
    }
    for (const [name, act] of Object.entries(actions)) {
      if (name in button.dataset) {
        event.preventDefault();
        act(button, plain(button.dataset));
        return;
      }
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("feedback" in form.dataset)) return;
    event.preventDefault();
    const data = new FormData(form);
    send("feedback", {
      turn: form.dataset.feedback,
      verdict: "bad",
      reason: data.get(`reason-${form.dataset.feedback}`) ?? "",
      comment: data.get("comment") ?? "",
    });
    form.hidden = true;
    $(".thanks", form.closest(".turn")).hidden = false;
  });

  const showTab = (name) => {
    const index = ["ask", "digest", "library", "quality"].indexOf(name);
    const tabs = document.querySelectorAll('#tabs [role="tab"]');
    if (tabs[index]?.getAttribute("aria-selected") !== "true") tabs[index]?.click();
  };

  // The Enter that ends a word of an input method is not the Enter that asks. Safari says so only by the key code.
  for (const kind of ["keydown", "keypress"]) {
    document.addEventListener(
      kind,
      (event) => {
        const composing = event.isComposing || event.keyCode === 229;
        if (event.key === "Enter" && composing && event.target.closest?.("#question")) event.stopPropagation();
      },
      true,
    );
  }

  const typing = (target) => target.matches?.("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !typing(event.target)) {
      event.preventDefault();
      showTab("ask");
      $("#question textarea, #question input")?.focus();
    } else if (event.key === "Escape") {
      if ($("#tip.shown")) hideTip();
      if (hideReader()) return;
      for (const id of ["stop", "digest-stop"]) {
        const stop = $(`#${id}`);
        if (stop && stop.offsetParent) stop.click();
      }
    }
  });

  // Light and dark; the reader's choice outlives the page.
  const dark = (on) => document.body.classList.toggle("dark", on);
  const applyTheme = () => {
    const kept = localStorage.getItem("baowen-theme");
    if (kept) dark(kept === "dark");
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#theme")) return;
    const on = !document.body.classList.contains("dark");
    localStorage.setItem("baowen-theme", on ? "dark" : "light");
    dark(on);
  });

  window.baowen = {
    bus: null,
    opened,
    follow,
    copy,
    download,
    start: () => {
      applyTheme();
      setTimeout(applyTheme, 300);
      return [location.search, localStorage.getItem("baowen-language") || navigator.languages.join(",")];
    },
    language: (name) => {
      localStorage.setItem("baowen-language", name);
      document.documentElement.lang = name === "en" ? "en" : "zh-CN";
      $("#reader")?.setAttribute("aria-label", name === "en" ? "Article" : "文章");
    },
    address: (where) => address({ c: new URLSearchParams(where || "").get("c") || "" }),
  };
})();
