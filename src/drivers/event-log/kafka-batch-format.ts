// A record batch of the format 2, as brokers store and send it (Kafka's protocol guide, "Record Batch").

/** The only format that rep reads and writes; Kafka 0.11 brought it. */
export const MAGIC = 2

/** Where the fields lie that both directions need. */
export const LENGTH_AT = 8
export const MAGIC_AT = 16
export const ATTRIBUTES_AT = 21
/** Where the records begin. */
export const HEAD_BYTES = 61
