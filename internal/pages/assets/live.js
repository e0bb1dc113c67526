// Keeps the page of a verification up to date until its verdict stands. The
// page is asked for again and only the parts that differ are replaced, so that
// nothing flickers; what is unfolded, focused and selected elsewhere stays.
"use strict";
(() => {
  const main = document.getElementById("main");
  if (!main || !main.dataset.live) return;
  const status = document.getElementById("status");
  const usual = 2000, longest = 30000;
  const skew = Date.parse(main.dataset.now) - Date.now();
  let pause = usual, tag = "", timer = 0, lost = false;

  const say = (text) => { status.textContent = text; };

  // The document is parsed by the browser without running anything in it.
  function ask() {
    const request = new XMLHttpRequest();
    request.open("GET", location.pathname);
    request.responseType = "document";
    request.timeout = 15000;
    if (tag) request.setRequestHeader("If-None-Match", tag);
    request.onload = () => {
      if (request.status === 304) return answered();
      const next = request.status === 200 && request.response && request.response.getElementById("main");
      if (!next) return failed();
      tag = request.getResponseHeader("ETag") || "";
      update(request.response, next);
      answered(!next.dataset.live);
    };
    request.onerror = request.ontimeout = failed;
    request.send();
  }

  function answered(sealed) {
    pause = usual;
    if (sealed) {
      main.removeAttribute("data-live");
      say("Verdict: " + document.getElementById("verdict-word").textContent);
      return;
    }
    if (lost) say("The sidecar answers again.");
    lost = false;
    plan();
  }

  function failed() {
    pause = Math.min(pause * 2, longest);
    if (!lost) say("The sidecar does not answer; this page asks again.");
    lost = true;
    plan();
  }

  function plan() {
    clearTimeout(timer);
    timer = document.hidden ? 0 : setTimeout(ask, pause);
  }

  function update(page, next) {
    document.title = page.title;
    for (const part of next.querySelectorAll("[data-part]")) {
      const now = document.getElementById(part.id);
      if (now) exchange(now, part);
    }
    tell();
  }

  function exchange(now, part) {
    for (const open of now.querySelectorAll("details[open]")) {
      const same = part.querySelector("#" + CSS.escape(open.id));
      if (same) same.open = true;
    }
    for (const count of now.querySelectorAll("[data-until]")) count.textContent = "";
    if (now.isEqualNode(part)) return;
    const focused = now.contains(document.activeElement) ? document.activeElement : null;
    const way = focused ? wayTo(now, focused) : null;
    const fresh = document.adoptNode(part);
    now.replaceWith(fresh);
    const again = focused && (focused.id ? document.getElementById(focused.id) : follow(fresh, way));
    if (again) again.focus({ preventScroll: true });
  }

  // What had the focus is found again by its place among the elements that can
  // have it.
  const focusable = "a[href], summary, [tabindex]";
  const wayTo = (root, element) => [...root.querySelectorAll(focusable)].indexOf(element);
  const follow = (root, way) => root.querySelectorAll(focusable)[way];

  // How long until what is due, by the sidecar's clock.
  function tell() {
    for (const count of main.querySelectorAll("[data-until]")) {
      const left = Math.round((Date.parse(count.dataset.until) - Date.now() - skew) / 1000);
      count.textContent = left > 0 ? " (in " + (left < 120 ? left + " s" : Math.round(left / 60) + " min") + ")" : "";
    }
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden && main.dataset.live) { pause = usual; ask(); } });
  const clock = setInterval(() => { if (main.dataset.live) tell(); else clearInterval(clock); }, 1000);
  tell();
  plan();
})();
