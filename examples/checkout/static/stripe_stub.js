// A small stub of Stripe.js for the Stripe stand-in: the same calls, as far as the checkout page makes
// them. The shop serves it in Stripe.js's place only where it was told of a stand-in, whose address
// stands in this script's own. Never load it in production.

"use strict";

(() => {
  const API = new URL(document.currentScript.src).searchParams.get("api");
  const POLL_MILLISECONDS = 300;

  // docs.stripe.com/testing: none of these is anybody's card.
  const TEST_CARDS = [
    ["4242424242424242", "Visa: succeeds"],
    ["5555555555554444", "Mastercard: succeeds"],
    ["4000000000000002", "Visa: declined, no reason given"],
    ["4000000000009995", "Visa: declined, not enough funds"],
    ["4000000000000119", "Visa: declined for now, may be tried again"],
    ["4000000000000127", "Visa: declined, wrong security code"],
    ["4000000000009987", "Visa: declined, reported lost"],
    ["4000000000000069", "Visa: declined, expired"],
    ["4000000000003220", "Visa: asks for 3-D Secure"],
    ["4000008400001629", "Visa: declined after 3-D Secure"],
    ["4100000000000019", "Visa: blocked as fraud"],
  ];

  const error = (type, code, message, more = {}) => ({ error: { type, code, message, ...more } });

  // ── the stand-in ─────────────────────────────────────────────────────────────────────────────

  async function call(key, method, path, fields) {
    const query = new URLSearchParams(fields);
    const options = { method, headers: { Authorization: `Bearer ${key}` } };
    if (method === "POST") options.body = query;
    const url = `${API}/v1/${path}${method === "GET" ? `?${query}` : ""}`;
    try {
      const answer = await fetch(url, options);
      return await answer.json();
    } catch {
      return error("api_connection_error", null, "Stripe cannot be reached.");
    }
  }

  // ── the card element ─────────────────────────────────────────────────────────────────────────

  const FIELDS = [
    ["number", "Card number", "cc-number", "1234 1234 1234 1234", "wide"],
    ["expiry", "Expiry (MM/YY)", "cc-exp", "MM/YY", ""],
    ["cvc", "Security code", "cc-csc", "CVC", ""],
  ];

  class CardElement {
    #listeners = [];
    #box = document.createElement("div");
    #inputs = {};

    constructor() {
      this.#box.className = "stub";
      this.#box.append(this.#menu());
      for (const [name, label, autocomplete, placeholder, kind] of FIELDS) {
        const input = document.createElement("input");
        Object.assign(input, { autocomplete, placeholder, inputMode: "numeric" });
        input.addEventListener("input", () => this.#changed(name));
        input.addEventListener("blur", () => this.#tell());
        this.#inputs[name] = input;
        this.#box.append(labelled(label, input, kind));
      }
    }

    mount(target) {
      const place = typeof target === "string" ? document.querySelector(target) : target;
      place.replaceChildren(this.#box);
    }

    unmount() {
      this.#box.remove();
    }

    on(event, listener) {
      if (event === "change") this.#listeners.push(listener);
      return this;
    }

    focus() {
      const wrong = Object.values(this.#inputs).find((input) => input.ariaInvalid === "true");
      (wrong ?? this.#inputs.number).focus();
    }

    clear() {
      for (const input of Object.values(this.#inputs)) input.value = "";
      this.#box.querySelector("select").value = "";
      this.#tell();
    }

    get digits() {
      return this.#inputs.number.value.replace(/\D/g, "");
    }

    get details() {
      const [month, year] = this.#inputs.expiry.value.split("/").map((part) => part.trim());
      return {
        "card[number]": this.digits,
        "card[exp_month]": month,
        "card[exp_year]": `20${year}`,
        "card[cvc]": this.#inputs.cvc.value.trim(),
      };
    }

    // What is wrong with a field that holds something; null where nothing is, or nothing stands there.
    #wrong(name) {
      const value = this.#inputs[name].value.trim();
      if (!value) return null;
      if (name === "number") {
        const whole = /^\d{12,19}$/.test(this.digits) && passesLuhn(this.digits);
        return whole ? null : ["incorrect_number", "Your card number is invalid."];
      }
      if (name === "expiry") {
        const [, month, year] = value.match(/^(\d{1,2})\s*\/\s*(\d{2})$/) ?? [];
        const end = new Date(2000 + Number(year), Number(month), 1);
        if (month >= 1 && month <= 12 && end > new Date()) return null;
        return ["invalid_expiry_month_past", "Your card's expiry date is invalid or in the past."];
      }
      return /^\d{3,4}$/.test(value) ? null : ["incorrect_cvc", "Your security code is invalid."];
    }

    #changed(name) {
      const input = this.#inputs[name];
      if (name === "number") input.value = this.digits.replace(/(.{4})(?=.)/g, "$1 ");
      if (name === "expiry") input.value = input.value.replace(/^(\d{2})(\d)/, "$1/$2");
      if (document.activeElement !== input || !this.#wrong(name)) this.#tell();
    }

    #tell() {
      let first = null;
      for (const [name, input] of Object.entries(this.#inputs)) {
        const wrong = this.#wrong(name);
        input.ariaInvalid = String(wrong !== null);
        first ??= wrong;
      }
      const inputs = Object.values(this.#inputs);
      const change = {
        elementType: "card",
        empty: inputs.every((input) => !input.value),
        complete: first === null && inputs.every((input) => input.value),
        error: first ? error("validation_error", ...first).error : undefined,
      };
      for (const listener of this.#listeners) listener(change);
    }

    #menu() {
      const menu = document.createElement("select");
      menu.append(new Option("Choose one to fill in the fields", ""));
      for (const [number, what] of TEST_CARDS) menu.append(new Option(what, number));
      menu.addEventListener("change", () => {
        this.#inputs.number.value = menu.value.replace(/(.{4})(?=.)/g, "$1 ");
        this.#inputs.expiry.value = menu.value && "12/34";
        this.#inputs.cvc.value = menu.value && "123";
        this.#tell();
      });
      return labelled("Test cards", menu, "wide hint");
    }
  }

  function labelled(text, control, kind) {
    const label = document.createElement("label");
    const field = document.createElement("div");
    control.id = `stub-${text.toLowerCase().replace(/\W+/g, "-")}`;
    label.htmlFor = control.id;
    label.textContent = text;
    field.className = kind;
    field.append(label, control);
    return field;
  }

  function passesLuhn(digits) {
    const sum = [...digits].reverse().reduce((total, digit, place) => {
      const doubled = place % 2 ? digit * 2 : Number(digit);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
    return sum % 10 === 0;
  }

  // ── 3-D Secure ───────────────────────────────────────────────────────────────────────────────

  // Shows the bank's page until the intent is no longer waiting for it, or the dialog is closed.
  async function showChallenge(page, retrieve) {
    const dialog = document.createElement("dialog");
    dialog.className = "stub-dialog";
    dialog.setAttribute("aria-labelledby", "stub-title");
    const head = document.createElement("header");
    const title = Object.assign(document.createElement("h2"), { id: "stub-title" });
    title.textContent = "Confirm with your bank";
    const close = Object.assign(document.createElement("button"), { type: "button" });
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    head.append(title, close);
    const frame = Object.assign(document.createElement("iframe"), { src: page });
    frame.title = "Your bank's page";
    dialog.append(head, frame);
    document.body.append(dialog);
    dialog.showModal();
    let answer = await retrieve();
    while (dialog.open && answer.status === "requires_action") {
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      answer = await retrieve();
    }
    dialog.close();
    dialog.remove();
    return answer;
  }

  async function handleNextAction(retrieve) {
    const intent = await retrieve();
    if (intent.error) return intent;
    const action = intent.next_action;
    if (intent.status !== "requires_action" || !action) return { paymentIntent: intent };
    if (action.type === "redirect_to_url") {
      location.assign(action.redirect_to_url.url);
      return new Promise(() => {});
    }
    const after = await showChallenge(action.use_stripe_sdk.stripe_js, retrieve);
    if (after.error) return after;
    if (["succeeded", "processing", "requires_capture"].includes(after.status)) {
      return { paymentIntent: after };
    }
    return error(
      "invalid_request_error",
      "payment_intent_authentication_failure",
      "We are unable to authenticate your payment method.",
      { payment_intent: after },
    );
  }

  // ── what a page calls ────────────────────────────────────────────────────────────────────────

  window.Stripe = (key) => {
    const retrieve = (secret) =>
      call(key, "GET", `payment_intents/${secret.split("_secret_")[0]}`, { client_secret: secret });
    return {
      elements: () => ({ create: () => new CardElement() }),
      async createPaymentMethod({ card }) {
        const made = await call(key, "POST", "payment_methods", { type: "card", ...card.details });
        return made.error ? made : { paymentMethod: made };
      },
      async retrievePaymentIntent(secret) {
        const intent = await retrieve(secret);
        return intent.error ? intent : { paymentIntent: intent };
      },
      handleNextAction: ({ clientSecret }) => handleNextAction(() => retrieve(clientSecret)),
    };
  };

  const look = document.createElement("link");
  Object.assign(look, { rel: "stylesheet", href: "/stripe_stub.css" });
  document.head.append(look);
})();
