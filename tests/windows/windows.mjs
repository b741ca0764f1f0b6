// One person's windows on one draft: in each the page's own saving module, over real sockets. A line of JSON on the
// standard input is one case: who types what, when it is saved, which replies get lost, when a page is reloaded. The
// line that is answered names the words that were typed and those the person gave up where two texts were shown.

import { createInterface } from "node:readline";

const [modulePath, base] = process.argv.slice(2);
const { Saver } = await import(modulePath);
const wire = globalThis.fetch;
let speaking = null; // the window whose request is just being made

globalThis.fetch = (url, { headers, ...rest }) => {
  const window = speaking;
  window.asked += 1;
  const loss = window.losses.shift() ?? "none";
  if (loss !== "none") window.lost += 1;
  if (loss === "asking") return Promise.reject(new TypeError("lost on the way there"));
  const answer = wire(new URL(url, base), { ...rest, headers: { ...headers, cookie: window.cookie } });
  return loss === "answering" ? answer.then(() => Promise.reject(new TypeError("lost on the way back"))) : answer;
};

class WindowSaver extends Saver {
  fly(flight) {
    speaking = this.window;
    return super.fly(flight);
  }
}

class Window {
  constructor(sitting) {
    Object.assign(this, sitting, { losses: [], asked: 0, lost: 0, conflicts: 0, typed: new Set(), givenUp: new Set() });
  }

  /** The page as it is asked for anew; what the tab has not seen confirmed goes on from there. */
  async open(left = null) {
    this.saver?.stop();
    const page = await this.page(await this.ask(this.entry + "/all"));
    this.texts = { ...page.texts };
    const { url, csrf } = this;
    const known = Object.entries(page.texts).map(([linkId, text]) => ({ linkId, text, private: false }));
    this.saver = new WindowSaver({ url, csrf, known, revision: page.revision, tell: (what) => this.hear(what), changed: () => {} });
    this.saver.window = this;
    if (!left) return;
    for (const { linkId, text } of newest(left)) this.texts[linkId] = text;
    this.saver.resume(left);
  }

  hear(what) {
    if (what === "conflict") this.conflicts += 1;
    if (what === "refused" || what === "signed-out") throw new Error(`a save was ${what}`);
  }

  type(linkId, word) {
    this.texts[linkId] = `${this.texts[linkId]} ${word}`.trimStart();
    this.typed.add(word);
    this.saver.note({ linkId, text: this.texts[linkId], private: false });
  }

  save() {
    if (!this.saver.conflict) this.saver.save();
  }

  async reload() {
    const left = this.saver.isSettled ? null : structuredClone(this.saver.unconfirmed);
    const conflicted = this.saver.conflict;
    await this.open(left);
    if (conflicted && !this.saver.isSettled) await this.saver.running;
  }

  /** Everything typed here is saved, or was given up by choice. */
  async settle(choose) {
    this.losses = [];
    for (let times = 0; !this.saver.isSettled && times < 50; times++) {
      await (this.saver.running ?? this.saver.save());
      if (this.saver.conflict) await this.choose(choose);
      else if (!this.saver.isSettled) await this.saver.save();
    }
    if (!this.saver.isSettled) throw new Error("a window does not come to rest");
  }

  /** Both texts are shown; one of them is chosen, or both, until no other window comes in between. */
  async choose(choose) {
    const mine = newest(this.saver.unconfirmed);
    const shown = { revision: this.saver.revision, go: "save" };
    for (const { linkId, text } of mine) shown[`text-${linkId}`] = text;
    let answer = await this.post(shown);
    while (answer.status === 412) {
      const page = await this.page(answer);
      const chosen = { revision: page.revision, go: "save" };
      for (const { linkId, mine: own, theirs } of page.both) {
        const choice = choose();
        chosen[`choice-${linkId}`] = choice;
        chosen[`mine-${linkId}`] = own;
        if (choice === "mine") this.giveUp(theirs, own);
        if (choice === "theirs") this.giveUp(own, theirs);
      }
      answer = await this.post(chosen); // overtaken once more, the page that comes has the choice in it
    }
    if (answer.status !== 303) throw new Error(`a choice was answered with ${answer.status}`);
    await this.open();
  }

  giveUp(dropped, kept) {
    const stays = new Set(words(kept));
    for (const word of words(dropped)) if (!stays.has(word)) this.givenUp.add(word);
  }

  ask(path, options = {}) {
    return wire(new URL(path, base), { redirect: "manual", ...options, headers: { cookie: this.cookie, ...options.headers } });
  }

  post(fields) {
    const body = new URLSearchParams({ csrf: this.csrf, ...fields });
    return this.ask(this.entry + "/all", { method: "POST", body });
  }

  async page(answer) {
    const html = await answer.text();
    const revision = Number(/name="revision" value="(\d+)"/.exec(html)[1]);
    const texts = {};
    for (const [, linkId, text] of html.matchAll(/<textarea id="text-([^"]+)"[^>]*>\n([^<]*)<\/textarea>/g)) texts[linkId] = text;
    const both = [...html.matchAll(/<textarea name="mine-([^"]+)"[^>]*>\n([^<]*)<\/textarea>[\s\S]*?theirs-\1-name[\s\S]*?(?:<div class="words" dir="auto">([^<]*)<\/div>|Left empty)/g)]
      .map(([, linkId, mine, theirs = ""]) => ({ linkId, mine, theirs }));
    return { revision, texts, both };
  }
}

const words = (text) => text.split(/\s+/).filter(Boolean);
const newest = ({ flight, answers }) =>
  [...new Map([...(flight?.answers ?? []), ...answers].map((answer) => [answer.linkId, answer])).values()];

async function play({ sitting, windows, steps, choices }) {
  const all = Array.from({ length: windows }, () => new Window(sitting));
  for (const one of all) await one.open();
  for (const [at, what, ...more] of steps) {
    const one = all[at % windows];
    if (what === "type") one.type(...more);
    if (what === "save") one.save();
    if (what === "lose") one.losses.push(more[0]);
    if (what === "wait") await one.saver.running;
    if (what === "reload") await one.reload();
    if (what === "breathe") await new Promise((done) => setTimeout(done, more[0]));
  }
  const choose = () => choices.shift() ?? "both";
  for (const one of all) await one.settle(choose);
  const sum = (name) => all.reduce((sofar, one) => sofar + one[name], 0);
  const together = (name) => all.flatMap((one) => [...one[name]]);
  return { typed: together("typed"), givenUp: together("givenUp"), asked: sum("asked"), lost: sum("lost"), conflicts: sum("conflicts") };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await play(JSON.parse(line)).catch((error) => ({ failed: String(error?.stack ?? error) }));
  process.stdout.write(JSON.stringify(answer) + "\n");
}
