// The writing pages: saves after a pause, keeps in the tab what is not saved, says so in words, hides them on demand.
// Without this module the page is a plain form and nothing is missing but the saving in between.

import { drop, isOvertaken, keep, kept } from "./sealed.js";
import { Saver } from "./saving.js";

const PAUSE = 1500;
const NEARLY = 0.9;
const LONGEST_WAIT = 4000;
const GONE_BY_THEN = 15000;
const form = document.getElementById("writing");
const saved = document.getElementById("saved");
const news = document.getElementById("saving-news");
const fields = [...form.querySelectorAll("textarea[data-link-id]")];
const { autosaveUrl, entry, wordsKey } = form.dataset;
const csrf = document.querySelector('meta[name="csrf"]').content;
const choiceOf = (field) => form.elements.namedItem(field.dataset.private);
const known = fields.map((field) => ({ linkId: field.dataset.linkId, text: field.defaultValue, private: choiceOf(field).defaultChecked }));
const saver = new Saver({ url: autosaveUrl, csrf, revision: Number(form.dataset.revision), known, tell, changed });
let pause = null;
let troubled = false;
const typedEarly = fields.filter((field) => field.value !== field.defaultValue); // before this module was here
let leaving = "no"; // "no", "saving first" or "now"

// ---------- what the person does ----------

const answerOf = (field) => ({ linkId: field.dataset.linkId, text: field.value, private: choiceOf(field).checked });

function noted(field) {
  saver.note(answerOf(field));
  nearTheEnd(field);
  // Counted from the first letter that is not saved: who types on without a pause is never further behind.
  pause ??= setTimeout(saveNow, PAUSE);
}

function stopWaiting() {
  clearTimeout(pause);
  pause = null;
}

function saveNow() {
  stopWaiting();
  if (leaving === "no" && !saver.conflict) saver.save();
}

function nearTheEnd(field) {
  const hint = document.getElementById(field.dataset.long);
  hint.hidden = field.value.length < NEARLY * field.maxLength;
  if (hint.hidden) field.removeAttribute("aria-describedby");
  else field.setAttribute("aria-describedby", hint.id);
}

// A form that overtakes its own autosave would meet its own words as "changed elsewhere": so the words go first, and
// the form after them. Without a network the page stays, because what would come next is the browser's own error.
async function handOver(event) {
  stopWaiting();
  if (leaving === "now" || saver.isSettled || saver.conflict) return handed();
  event.preventDefault();
  if (leaving === "saving first") return;
  leaving = "saving first";
  await Promise.race([saver.save(), new Promise((done) => setTimeout(done, LONGEST_WAIT))]);
  leaving = "no";
  if (!saver.isSettled && !navigator.onLine) return;
  handed();
  form.requestSubmit(event.submitter);
}

// If the form does not arrive, the tab still has the words. If it does, saving them again changes nothing.
function handed() {
  leaving = "now";
  saver.stop();
  form.elements.namedItem("revision").value = saver.revision;
  setTimeout(stayed, GONE_BY_THEN);
}

// The browser's Stop was pressed, or the way is very slow: go on saving.
function stayed() {
  leaving = "no";
  saver.start();
  saveNow();
}

// ---------- what the saver says ----------

function changed() {
  if (saver.isSettled) drop(entry, saver.revision);
  else keep(entry, wordsKey, saver.unconfirmed);
}

// A line that comes or goes moves what stands below it. Between a button's going down and up that would lose the press.
let pressed = false;
const untilReleased = [];
addEventListener("pointerdown", () => { pressed = true; }, true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(released), true);

function released() {
  pressed = false;
  for (const news of untilReleased.splice(0)) say(...news);
}

function tell(...news) {
  if (pressed) untilReleased.push(news);
  else say(...news);
}

function say(what, detail) {
  if (what === "saved") return tellSaved(detail);
  troubled = true;
  saved.textContent = "Not saved yet";
  if (what === "conflict") return tellConflict(detail);
  const now = {
    failed: "Not saved yet: keep this page open. We keep trying.",
    "signed-out": "Not saved yet: you are signed out. Please sign in again in this tab. Your words wait in it.",
    refused: "Not saved yet: keep this page open. Please press Next or Save, or copy your words to a safe place.",
  }[what];
  if (news.textContent !== now) news.textContent = now;
  document.documentElement.classList.remove("saves-itself");
}

function tellSaved({ savedAt, sessionEnds }) {
  showClock(new Date(savedAt));
  if (sessionEnds) document.dispatchEvent(new CustomEvent("sitting-extended", { detail: sessionEnds }));
  if (!troubled) return;
  troubled = false;
  document.documentElement.classList.add("saves-itself");
  news.textContent = "Saved again.";
  setTimeout(() => { if (!troubled) news.textContent = ""; }, 6000);
}

function tellConflict({ conflictUrl }) {
  const both = Object.assign(document.createElement("button"), { type: "button", textContent: "See both texts" });
  both.addEventListener("click", () => showBoth(conflictUrl));
  news.replaceChildren("This was also changed in another window. Nothing is lost. ", both);
}

// All that is unconfirmed goes, also what an earlier page left under another prompt: the server shows each beside the other.
function showBoth(conflictUrl) {
  const asking = Object.assign(document.createElement("form"), { method: "post", action: conflictUrl, hidden: true });
  const add = (name, value) => asking.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  add("csrf", csrf);
  add("revision", saver.revision);
  add("go", "save");
  for (const { linkId, text, private: own } of newest(saver.unconfirmed)) {
    add(`text-${linkId}`, text);
    if (own) add(`private-${linkId}`, "yes");
  }
  document.body.append(asking);
  handed();
  asking.submit();
}

function showClock(when) {
  const time = document.createElement("time");
  time.dateTime = when.toISOString();
  time.textContent = `${String(when.getHours()).padStart(2, "0")}:${String(when.getMinutes()).padStart(2, "0")}`;
  saved.replaceChildren("Saved ", time);
}

// ---------- what an earlier page left ----------

async function restore() {
  const earlier = await kept(entry, wordsKey);
  if (earlier?.resolvedAt < saver.revision) return drop(entry);
  const overtaken = await isOvertaken(entry, saver.revision, earlier);
  if (overtaken && typedEarly.length === 0 && saver.isSettled) return askAgain();
  if (!earlier) return;
  newest(earlier).forEach(show);
  // What is typed here already rests on the older page: it goes under that page's revision, and both texts are shown.
  saver.resume(overtaken ? { revision: saver.revision, flight: null, answers: newest(earlier) } : earlier);
}

// Never resolves: the page is on its way out, and takes no more words along.
function askAgain() {
  for (const field of fields) field.readOnly = true;
  location.reload();
  return new Promise(() => {});
}

const newest = ({ flight, answers }) =>
  [...new Map([...(flight?.answers ?? []), ...answers].map((answer) => [answer.linkId, answer])).values()];

function show(answer) {
  const field = fields.find((one) => one.dataset.linkId === answer.linkId);
  if (!field) return;
  // Typed before this module was here, beside words that wait in the tab: neither is taken away.
  const beside = typedEarly.includes(field) && field.value !== answer.text;
  field.value = beside ? `${answer.text}\n\n${field.value}` : answer.text;
  choiceOf(field).checked = answer.private || (beside && choiceOf(field).checked);
}

// ---------- hide my words ----------

function offerHiding() {
  const button = document.getElementById("hide");
  button.hidden = false;
  button.addEventListener("click", () => {
    const hidden = document.documentElement.classList.toggle("words-hidden");
    button.textContent = hidden ? "Show my words" : "Hide my words";
  });
}

// ---------- start ----------

for (const field of fields) {
  field.addEventListener("input", () => noted(field));
  field.addEventListener("blur", saveNow);
  choiceOf(field).addEventListener("change", () => { noted(field); saveNow(); });
  nearTheEnd(field);
}
form.addEventListener("submit", handOver);
addEventListener("online", saveNow);
addEventListener("pagehide", saveNow);
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") saveNow(); });
document.documentElement.classList.add("saves-itself");
const savedBefore = saved.querySelector("time");
if (savedBefore) showClock(new Date(savedBefore.dateTime));
offerHiding();
await restore();
typedEarly.forEach(noted);
document.documentElement.dataset.writing = "ready";
