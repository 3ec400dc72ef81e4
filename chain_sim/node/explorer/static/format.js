// Numbers, amounts and times as text.

const WEI_DECIMALS = 18;

export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

// A quotient in decimals; exact where the divisor is a power of ten.
export function decimals(number, divisor) {
  const value = BigInt(number),
    by = BigInt(divisor);
  const sign = value < 0n ? "-" : "",
    size = value < 0n ? -value : value;
  const places = Math.max(by.toString().length - 1, 6);
  const rest = ((size % by) * 10n ** BigInt(places)) / by;
  const digits = rest.toString().padStart(places, "0").replace(/0+$/, "");
  return sign + grouped(size / by) + (digits && `.${digits}`);
}

export const gasOf = (units, report) => decimals(units, report.unitsPerGas);

export const ether = (wei) => `${decimals(wei, 10n ** BigInt(WEI_DECIMALS))} ether`;

export function share(part, whole) {
  if (!Number(whole)) return "";
  return `${((100 * Number(part)) / Number(whole)).toFixed(1)} %`;
}

export const time = (seconds) => {
  const date = new Date(Number(seconds) * 1_000);
  return Number.isNaN(date.getTime())
    ? `${seconds} s`
    : date
        .toISOString()
        .replace("T", " ")
        .replace(/(\.000)?Z$/, " UTC");
};

export const count = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
