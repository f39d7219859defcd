const customers = ['"Ada, Countess"', "Bob", '"Eve ""E"" Doe"', "Zoë"];

/** A CSV file in pieces, as one would be read. */
export function* madeUpOrders(count: number): Generator<string> {
  yield "id,customer,amount,ordered\r\n";
  for (let id = 1; id <= count; id++) {
    const day = String(1 + (id % 28)).padStart(2, "0");
    const amount = id % 10 === 0 ? "" : (id % 500) / 4;
    yield `${id},${customers[id % customers.length]},${amount},2026-01-${day}\r\n`;
  }
}
