// Words the server has not confirmed, kept in this tab only and sealed with the draft's own key, which the server
// keeps and gives to its patient alone. Without that key what lies here is noise, also to the next person here.

const PREFIX = "words:";
const NEWEST = "newest:";
const MINE = document.querySelector('meta[name="person-mark"]')?.content ?? "";
let turn = Promise.resolve();

/** Seal `state` (any JSON value) for this entry; later calls replace earlier ones, in order. */
export function keep(entry, wordsKey, state) {
  return inTurn(async () => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(state));
    const sealed = await crypto.subtle.encrypt(sealing(entry, iv), await opened(wordsKey), plain);
    sessionStorage.setItem(PREFIX + entry, JSON.stringify({ person: MINE, iv: written(iv), sealed: written(new Uint8Array(sealed)) }));
  });
}

/** What was kept for this entry, or null: nothing there, another key, or damaged. */
export async function kept(entry, wordsKey) {
  try {
    await turn;
    const box = JSON.parse(sessionStorage.getItem(PREFIX + entry));
    if (!box) return null;
    const plain = await crypto.subtle.decrypt(sealing(entry, read(box.iv)), await opened(wordsKey), read(box.sealed));
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    return null;
  }
}

/** The server has them: no words stay behind; at most the revision they are saved under, so that no older page passes for theirs. */
export function drop(entry, revision = null) {
  return inTurn(async () => {
    sessionStorage.removeItem(PREFIX + entry);
    if (revision === null) sessionStorage.removeItem(NEWEST + entry);
    else note(entry, { revision });
  });
}

/**
 * Whether a page with this revision is older than what the tab knows to be saved (`earlier`: what was kept, or null).
 * A reload may be answered before a save on its way arrives, while the page that goes still hears that it did. True
 * once only for each revision: a draft that was begun anew counts from one again, and its page is no older.
 */
export async function isOvertaken(entry, revision, earlier) {
  try {
    await turn;
    const noted = JSON.parse(sessionStorage.getItem(NEWEST + entry)) ?? {};
    const newest = Math.max(noted.revision ?? 0, earlier?.revision ?? 0);
    if (newest <= revision || noted.asked === newest) return false;
    note(entry, { ...noted, asked: newest });
    return true;
  } catch {
    return false;
  }
}

/** At sign-out nothing of anyone stays. */
export function dropAll() {
  turn = Promise.resolve();
  remove(() => true);
}

/** When somebody else signs in, what the one before left goes. */
export function dropOfOthers() {
  if (MINE) remove((box) => personOf(box) !== MINE);
}

function inTurn(step) {
  turn = turn.then(step).catch(() => undefined); // a full or forbidden storage must not stop the writing
  return turn;
}

function note(entry, what) {
  sessionStorage.setItem(NEWEST + entry, JSON.stringify({ ...what, person: MINE }));
}

function remove(unwanted) {
  try {
    const names = Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX) || name.startsWith(NEWEST));
    for (const name of names) if (unwanted(sessionStorage.getItem(name))) sessionStorage.removeItem(name);
  } catch {
    // storage is switched off: nothing can lie there
  }
}

function personOf(box) {
  try {
    return JSON.parse(box).person;
  } catch {
    return null; // damaged: nobody's
  }
}

const sealing = (entry, iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(entry) });
const opened = (wordsKey) => crypto.subtle.importKey("raw", read(wordsKey), "AES-GCM", false, ["encrypt", "decrypt"]);
const read = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const written = (bytes) => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};
