// Getting words to the server: one request at a time, the newest state waiting behind it. A reply that is lost is
// asked for again with the same words under the same save id; the server knows a repeated save by its words.

const PATIENCE = [1000, 3000, 8000, 20000, 30000];
const TIMEOUT = 15000;
const KEEPALIVE_LIMIT = 60000; // browsers refuse larger bodies for requests that outlive the page

/**
 * Holds the words not yet confirmed. `known` are the answers that the page shows, as they were saved when it came.
 * `tell(news, detail)` hears "saved", "failed", "signed-out", "conflict" and
 * "refused"; `changed(state)` hears every change of what is not confirmed, to be kept in the tab.
 */
export class Saver {
  constructor({ url, csrf, revision, known = [], tell, changed }) {
    Object.assign(this, { url, csrf, revision, tell, changed });
    this.known = new Map(known.map((answer) => [answer.linkId, answer]));
    this.pending = new Map();
    this.flight = null;
    this.running = null;
    this.attempt = 0;
    this.stopped = false;
  }

  /** What the server has not confirmed, as a JSON value: the save under way, what waits behind it, and what that `was`. */
  get unconfirmed() {
    const was = [...this.pending.keys()].map((linkId) => this.known.get(linkId)).filter(Boolean);
    return { revision: this.revision, flight: this.flight, answers: [...this.pending.values()], was };
  }

  get isSettled() {
    return !this.flight && this.pending.size === 0;
  }

  /** Take note of an answer as it reads now. */
  note(answer) {
    this.pending.set(answer.linkId, answer);
    this.changed(this);
  }

  /** Carry on with what an earlier page could not confirm. */
  resume({ revision, flight, answers, was = [] }) {
    this.revision = revision;
    this.flight = flight && { ...flight, flown: true };
    for (const answer of was) this.known.set(answer.linkId, answer);
    for (const answer of answers) if (!this.pending.has(answer.linkId)) this.pending.set(answer.linkId, answer);
    this.changed(this);
    return this.save();
  }

  /** Send what is unconfirmed; resolves when everything is, or when it cannot be now. */
  save() {
    clearTimeout(this.timer);
    this.running ??= this.work().finally(() => { this.running = null; });
    return this.running;
  }

  /** The page hands its words over by itself (a form is sent): nothing more goes from here. */
  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** The page stayed after all. */
  start() {
    this.stopped = false;
  }

  async work() {
    while (!this.stopped && (this.flight || this.pending.size)) {
      this.flight ??= this.board();
      let outcome = await this.fly(this.flight);
      if (outcome === "conflict" && this.pending.size) outcome = await this.flyTogether();
      if (outcome !== "saved") return this.setback(outcome);
    }
  }

  // The older words may have been overtaken by a form that took the newer ones along: the server takes a save that
  // changes nothing, whatever revision it comes from. If it would change something, both are shown.
  flyTogether() {
    const answers = new Map(this.flight.answers.map((answer) => [answer.linkId, answer]));
    for (const [linkId, answer] of this.pending) answers.set(linkId, answer);
    this.flight = { ...this.flight, id: crypto.randomUUID(), answers: [...answers.values()] };
    this.pending.clear();
    return this.fly(this.flight);
  }

  board() {
    const flight = { id: crypto.randomUUID(), revision: this.revision, answers: [...this.pending.values()] };
    this.pending.clear();
    return flight;
  }

  async fly(flight) {
    const body = JSON.stringify({ revision: flight.revision, answers: flight.answers, ...this.seenBeside(flight) });
    flight.flown = true;
    const headers = { "Content-Type": "application/json", "X-CSRF": this.csrf, "X-Save-Id": flight.id };
    const keepalive = new Blob([body]).size < KEEPALIVE_LIMIT;
    try {
      const reply = await fetch(this.url, { method: "PUT", headers, body, keepalive, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT) });
      return await this.landed(reply, flight);
    } catch {
      return "failed";
    }
  }

  // Said again, a save may find what another window made meanwhile: it counts as heard only by who has seen that too.
  seenBeside({ flown, answers }) {
    const own = new Set(answers.map((answer) => answer.linkId));
    return flown ? { seen: [...this.known.values()].filter((answer) => !own.has(answer.linkId)) } : {};
  }

  async landed(reply, { answers }) {
    if (reply.ok) {
      const { revision, savedAt, sessionEnds } = await reply.json();
      for (const answer of answers) this.known.set(answer.linkId, answer);
      this.revision = revision;
      this.flight = null;
      this.conflict = null;
      this.attempt = 0;
      this.changed(this);
      this.tell("saved", { savedAt, sessionEnds });
      return "saved";
    }
    if (reply.status === 412) {
      this.conflict = await reply.json().catch(() => ({}));
      return "conflict";
    }
    if (reply.status === 401 || reply.type === "opaqueredirect") return "signed-out";
    return reply.status >= 500 || reply.status === 429 ? "failed" : "refused";
  }

  setback(outcome) {
    this.changed(this);
    this.tell(outcome, outcome === "conflict" ? this.conflict : {});
    if (outcome !== "failed" || this.stopped) return;
    const wait = PATIENCE[Math.min(this.attempt, PATIENCE.length - 1)];
    this.attempt += 1;
    this.timer = setTimeout(() => this.save(), wait);
  }
}
