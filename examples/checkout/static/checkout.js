// The checkout page. It shows what the shop's server says of the payment, sends which card to try,
// and hands 3-D Secure to Stripe.js. It knows no price and no key of the orchestrator; card numbers
// go from Stripe's own fields to Stripe.

const byId = (id) => document.getElementById(id);
const NEW_CARD = "new";
const TITLE = document.title;

// What the server said last, the saved cards, and what is going on in this page.
let checkout = null;
let cards = [];
let busy = false;
let stripe = null;
let element = null;
let elementComplete = false;
let retryTimer = null;

// ── the server ───────────────────────────────────────────────────────────────────────────────────

class Trouble extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (method === "POST") {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body ?? {});
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Trouble("offline", "The shop cannot be reached. Check your connection.");
  }
  const document = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Trouble(document.code ?? "unavailable", document.message ?? "Something went wrong.");
  }
  return document;
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

// ── showing ──────────────────────────────────────────────────────────────────────────────────────

function money(amount, currency) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function total() {
  return money(checkout.order.amount, checkout.order.currency);
}

function showOrder() {
  const { order } = checkout;
  byId("lines").replaceChildren(
    ...order.lines.map((line) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = line.quantity > 1 ? `${line.quantity} × ${line.name}` : line.name;
      const amount = document.createElement("span");
      amount.textContent = money(line.amount, order.currency);
      item.append(name, " ", amount);
      return item;
    }),
  );
  byId("total").textContent = total();
  byId("order-number").textContent = `Order ${order.id}`;
  byId("test-mode").hidden = !checkout.stripe.test_mode;
}

const BRANDS = {
  amex: "American Express",
  diners: "Diners Club",
  discover: "Discover",
  jcb: "JCB",
  mastercard: "Mastercard",
  unionpay: "UnionPay",
  visa: "Visa",
};

function whyNot(card) {
  if (checkout.barred_cards.includes(card.id)) return "Declined for this payment";
  const payment = checkout.payment;
  if (payment?.challenge && card.id === checkout.last_card) return "Waits for your bank";
  const until = payment?.retry_not_before && new Date(payment.retry_not_before);
  if (until && card.id === checkout.last_card && until > new Date()) {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => busy || showCards(), until - new Date() + 500);
    return `Can be tried again at ${until.toLocaleTimeString([], { timeStyle: "short" })}`;
  }
  return null;
}

function cardRow(value, name, detail, disabled) {
  const row = byId("card-row").content.firstElementChild.cloneNode(true);
  row.toggleAttribute("data-barred", checkout.barred_cards.includes(value));
  const radio = row.querySelector("input");
  radio.value = value;
  radio.disabled = disabled;
  row.querySelector(".name").textContent = name;
  row.querySelector(".detail").textContent = detail;
  return row;
}

function showCards() {
  const rows = cards.map((card) => {
    const month = String(card.exp_month).padStart(2, "0");
    const name = `${BRANDS[card.brand] ?? "Card"} ending in ${card.last4}`;
    const reason = whyNot(card);
    const detail = reason ?? `Expires ${month}/${card.exp_year}`;
    return cardRow(card.id, name, detail, reason !== null);
  });
  rows.push(cardRow(NEW_CARD, cards.length ? "Another card" : "Card", "", false));
  const before = chosen();
  const other = checkout.payment?.challenge;
  byId("cards-legend").textContent = other ? "Or pay with another card" : "Pay with";
  byId("cards").replaceChildren(...rows);
  const radios = [...byId("cards").querySelectorAll("input:not(:disabled)")];
  const kept = radios.find((radio) => radio.value === (before ?? checkout.last_card));
  (kept ?? radios[0]).checked = true;
  showNewCard();
}

function chosen() {
  return byId("card-form").elements.card?.value || null;
}

function showNewCard() {
  byId("new-card").hidden = chosen() !== NEW_CARD;
  byId("card-error").textContent = "";
}

function notice(title, text) {
  const box = byId("notice");
  box.hidden = !title;
  const strong = document.createElement("strong");
  strong.textContent = title ?? "";
  box.replaceChildren(strong, title && text ? ` ${text}` : "");
  document.title = title ? `${title} · ${TITLE}` : TITLE;
  if (title) box.focus();
}

function working(sentence) {
  busy = sentence !== null;
  byId("status").textContent = sentence ?? "";
  byId("card-form").setAttribute("aria-busy", String(busy));
  for (const button of document.querySelectorAll("main button")) {
    // Stays focusable: a button that is disabled under the finger loses the keyboard's place.
    button.setAttribute("aria-disabled", String(busy));
  }
}

function outcome(kind, title, text, button) {
  byId("outcome").hidden = false;
  byId("outcome").dataset.kind = kind;
  byId("outcome-mark").textContent = kind === "paid" ? "✓" : "!";
  byId("outcome-title").textContent = title;
  byId("outcome-text").textContent = text;
  byId("again").textContent = button;
  document.title = `${title} · ${TITLE}`;
  byId("outcome-title").focus();
}

const TITLES = { requires_new_card: "That did not work.", card_disabled: "That card is out of use." };

// Shows where the payment stands. Returns only when the customer, or nobody, has to do something.
async function show(answer) {
  checkout = answer;
  await settle();
  showOrder();
  const payment = checkout.payment;
  const state = payment?.state ?? "created";
  const over = state === "succeeded" || state === "failed";
  if (state === "card_disabled") cards = await fetchCards();
  notice(TITLES[state], payment?.message);
  byId("card-form").hidden = over;
  byId("challenge").hidden = !payment?.challenge;
  byId("outcome").hidden = !over;
  byId("pay").textContent = `Pay ${total()}`;
  working(null);
  if (!over) showCards();
  if (state === "succeeded") {
    outcome("paid", "Thank you", `We received ${total()} for order ${checkout.order.id}.`,
      "Place another order");
  } else if (state === "failed") {
    outcome("failed", "The payment failed", payment.message, "Start a new payment");
  }
}

async function fetchCards() {
  return (await ask("GET", "/api/cards")).cards;
}

// Waits while a card is being tried, and while Stripe has not said what became of it. A worker of the
// orchestrator finds out by itself; every third time it is asked to look now.
async function settle() {
  for (let round = 1; ; round += 1) {
    const { payment, trying } = checkout;
    if (!trying && (payment?.state !== "confirming" || payment.challenge)) return;
    working(
      round < 20
        ? "Waiting for your bank…"
        : "Your bank takes its time. You may close this page: we go on waiting for its answer.",
    );
    await pause(Math.min(round, 5));
    try {
      checkout = round % 3 ? await ask("GET", "/api/payment") : await ask("POST", "/api/refresh");
    } catch (trouble) {
      if (trouble.code === "no_session") throw trouble;
    }
  }
}

// ── doing ────────────────────────────────────────────────────────────────────────────────────────

async function pay() {
  let card = chosen();
  const isNew = card === NEW_CARD;
  if (isNew && !elementComplete) {
    byId("card-error").textContent = "Please fill in your card's details.";
    element.focus();
    return;
  }
  notice(null);
  working("Paying…");
  if (isNew) {
    const made = await stripe.createPaymentMethod({ type: "card", card: element });
    if (made.error) {
      working(null);
      byId("card-error").textContent = made.error.message;
      element.focus();
      return;
    }
    card = made.paymentMethod.id;
  }
  const save = isNew && byId("save").checked;
  const answer = await ask("POST", "/api/pay", { try: checkout.try, payment_method: card, save });
  if (isNew) {
    element.clear();
    byId("save").checked = false;
    if (save) cards = await fetchCards();
  }
  checkout = answer;
  await settle();
  if (checkout.payment.challenge) await passChallenge();
  else await show(checkout);
}

async function passChallenge() {
  notice(null);
  working("Waiting for you and your bank…");
  const { client_secret: clientSecret } = await ask("GET", "/api/client_secret");
  // What came of it is asked of the server: a page's word is not enough to deliver on.
  await stripe.handleNextAction({ clientSecret });
  await show(await ask("POST", "/api/refresh"));
}

async function again() {
  const path = checkout.payment.state === "succeeded" ? "/api/new_order" : "/api/start_over";
  working("One moment…");
  const answer = await ask("POST", path);
  cards = await fetchCards();
  await show(answer);
  byId("payment-heading").focus();
}

// Does something once, and says what went wrong. What the server may have done is read again.
function doing(action) {
  return async (event) => {
    event?.preventDefault();
    if (busy) return;
    try {
      await action();
    } catch (trouble) {
      console.error(trouble);
      await recover(trouble);
    }
  };
}

async function recover(trouble) {
  const text = trouble instanceof Trouble ? trouble.message : "Something went wrong.";
  const before = checkout?.try;
  try {
    await begin();
    // Where the try went through after all, what came of it stands there already.
    const tried = checkout.try !== before && trouble.code !== "card_refused";
    const open = byId("outcome").hidden && !checkout.payment?.challenge;
    if (open && !tried) notice("Not paid.", text);
  } catch {
    working(null);
    notice("Please try again.", `${text} You will not be charged twice.`);
  }
}

// ── beginning ────────────────────────────────────────────────────────────────────────────────────

function loadStripe({ script, publishable_key: key }) {
  return new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = script;
    tag.onload = () => resolve(window.Stripe(key));
    tag.onerror = () => reject(new Trouble("offline", "The card form could not be loaded."));
    document.head.append(tag);
  });
}

function mountElement() {
  element = stripe.elements().create("card", { hidePostalCode: true });
  element.on("change", ({ complete, error }) => {
    elementComplete = complete;
    byId("card-error").textContent = error?.message ?? "";
  });
  element.mount("#card-element");
}

async function begin() {
  const answer = await ask("POST", "/api/checkout");
  [stripe, cards] = await Promise.all([stripe ?? loadStripe(answer.stripe), fetchCards()]);
  if (element === null) mountElement();
  await show(answer);
}

byId("card-form").addEventListener("submit", doing(pay));
byId("cards").addEventListener("change", showNewCard);
byId("continue").addEventListener("click", doing(passChallenge));
byId("again").addEventListener("click", doing(again));
await doing(begin)();
