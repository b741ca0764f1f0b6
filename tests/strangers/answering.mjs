// What every script here shares: a response made from a Questionnaire as an app makes one, and verdicts on checks.

export const WORDS = "Calm, Привет, naïve café 🌊 <b>not bold</b>";

/** A QuestionnaireResponse to each text item of this Questionnaire, by and about this patient. */
export function response(questionnaire, patient, encounter, status = "completed") {
  return {
    resourceType: "QuestionnaireResponse",
    item: questionnaire.item
      .filter((item) => item.type === "text")
      .map((item) => ({ linkId: item.linkId, text: item.text, answer: [{ valueString: `${WORDS} ${item.linkId}` }] })),
    ...named(questionnaire, patient, encounter),
    status,
  };
}

/** What an app itself must say of a response, whoever made its items. */
export function named(questionnaire, patient, encounter) {
  const person = { reference: `Patient/${patient}` };
  return {
    identifier: { system: "urn:ietf:rfc:3986", value: `urn:uuid:${crypto.randomUUID()}` },
    questionnaire: `${questionnaire.url}|${questionnaire.version}`,
    subject: person,
    author: person,
    source: person,
    encounter: { reference: `Encounter/${encounter}` },
    authored: new Date().toISOString(),
  };
}

/** The words of a response by linkId. */
export function words(found) {
  return Object.fromEntries((found.item ?? []).map((item) => [item.linkId, item.answer?.[0]?.valueString]));
}

/** Throw unless both are the same JSON, whatever the order of members. */
export function same(got, wanted, what) {
  const [left, right] = [got, wanted].map((value) => JSON.stringify(sorted(value)));
  if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
}

function sorted(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

/** Run the checks in order: name -> async function that throws where it does not hold. */
export async function verdicts(checks, tell) {
  for (const [check, run] of Object.entries(checks)) {
    try {
      await run();
      tell({ check, held: true, why: "" });
    } catch (error) {
      tell({ check, held: false, why: String(error?.message ?? error).slice(0, 500) });
    }
  }
}
