"""What a customer is told. No sentence here says more about a card than its holder may hear."""

from typing import Final

# Lost, stolen, suspected and listed cards are presented as a decline without a reason
# (https://docs.stripe.com/declines/codes). Plain declines share the sentence, so that seeing it
# tells nothing.
GENERIC: Final = "Your card was declined. Please contact your card issuer or use another card."

OTHER_CARD: Final = "This card cannot be used for this payment. Please use another card."
EXPIRED: Final = "Your card has expired. Please use another card."
OUTDATED: Final = "Your card's details are out of date. Please use another card."
NO_FUNDS: Final = "Your card does not have enough funds. Please use another card."
LIMIT: Final = "This payment is above a limit of your card. Please use another card."
CURRENCY: Final = "Your card does not support this currency. Please use another card."
NEEDS_PIN: Final = "This card needs a PIN, which cannot be given here. Please use another card."
DEBIT_DECLINED: Final = "Your account could not be debited. Please use another payment method."
RETIRED: Final = "This payment method can no longer be used. Please use another one."

CHECK_DETAILS: Final = "Please check your card's details and try again."
CHECK_NUMBER: Final = "Please check your card number and try again."
CHECK_CVC: Final = "Please check your card's security code and try again."
CHECK_EXPIRY: Final = "Please check your card's expiry date and try again."
CHECK_ADDRESS: Final = "Please check your billing address and try again."
CHECK_POSTCODE: Final = "Please check your postal code and try again."

TRY_LATER: Final = "Your card could not be charged just now. Please try again later."
CONFIRM_WITH_BANK: Final = "Your bank asks you to confirm this payment."
NOT_CONFIRMED: Final = "Your bank could not confirm that it is you. Please use another card."
TIMED_OUT: Final = "The payment was not completed in time. Please try again with another card."

PAID_BEFORE: Final = "The same amount was paid with this card a moment ago. Please check first."
CANNOT_COMPLETE: Final = "This payment cannot be completed."
TEST_CARD: Final = "This is a test card. Please start again with a real card."
CHECKING: Final = "We are checking your payment. Please do not pay again yet."

HELD: Final = "Your card was accepted, and the amount is reserved."
PAID: Final = "Your payment was successful."
