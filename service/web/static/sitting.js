// How long someone stays signed in: a warning two minutes before the end, one button to extend, and a clean tab after.

import { dropAll, dropOfOthers } from "./sealed.js";

const WARNING = 120000;
const box = document.getElementById("sitting");
const news = box?.querySelector("p");
const asked = news?.textContent;
let ends = Date.parse(box?.dataset.sessionEnds);
let timer = null;

function look() {
  clearTimeout(timer);
  const left = ends - Date.now();
  if (left <= 0) return over();
  box.hidden = left > WARNING;
  timer = setTimeout(look, left > WARNING ? Math.min(left - WARNING, 2 ** 31 - 1) : left);
}

function over() {
  news.textContent = "You are signed out now. What was saved is still there. Please sign in again in this tab: words not saved yet wait in it.";
  box.querySelector("button").hidden = true;
  box.hidden = false;
}

// Any page asked for extends the stay; the one that answers says until when.
async function extend() {
  const csrf = document.querySelector('meta[name="csrf"]').content;
  try {
    const reply = await fetch(box.dataset.refreshUrl, { method: "POST", body: new URLSearchParams({ csrf }), headers: { "X-CSRF": csrf } });
    if (reply.status === 401) return over();
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    extended(page.getElementById("sitting").dataset.sessionEnds);
    document.getElementById("main").focus();
  } catch {
    news.textContent = "That did not work just now. Please press the button again.";
  }
}

function extended(until) {
  ends = Date.parse(until);
  news.textContent = asked;
  look();
}

dropOfOthers();
for (const form of document.querySelectorAll("form[data-signs-out]")) form.addEventListener("submit", dropAll);
if (box) {
  box.querySelector("button").addEventListener("click", extend);
  document.addEventListener("sitting-extended", (event) => extended(event.detail));
  document.addEventListener("visibilitychange", look);
  look();
}
