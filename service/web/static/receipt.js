// The receipt looks again by itself: every five seconds, for two minutes. Only the words about the filing change.
// What is sent needs no copy in the tab.

import { drop } from "./sealed.js";

const EVERY = 5000;
const filing = document.getElementById("filing");
let looks = 24;

async function look() {
  looks -= 1;
  try {
    const reply = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (reply.ok) show(new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("filing"));
  } catch {
    // no network just now: the link "Look again" stays
  }
  again();
}

function show(fresh) {
  if (!fresh || fresh.dataset.state === filing.dataset.state) return;
  filing.dataset.state = fresh.dataset.state;
  filing.replaceChildren(...fresh.childNodes);
  if (filing.dataset.state === "filed") document.getElementById("again")?.remove();
}

function again() {
  if (looks > 0 && filing.dataset.state === "sent") setTimeout(look, EVERY);
}

drop(filing.dataset.entry);
again();
