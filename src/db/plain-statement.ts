/**
 * Which statements leave a session as it was. Those that read or change rows do, as long as they call nothing
 * that may do something else; about all others nothing is known.
 */

/** What a statement begins with that reads or changes rows. */
const FIRST = /^\s*\(*\s*(select|insert|update|delete|replace|with|values|table|merge)\b/i;

/**
 * What would ask for a real parser, or stands for a session's own state: escapes, dollar quotes, comments, further
 * statements and session variables. To change a row of `pg_settings` is to SET what it is about.
 */
const DOUBTFUL = /\\|\$\w*\$|--|\/\*|#|;\s*\S|@|u&["']|\bpg_settings\b/i;

/** What is between quotes, and no code: a literal, or a name. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`/g;

/** The list of columns after the name of a table. */
const COLUMNS = /\binto\s+[\w."?]+\s*\(/i;

/** A function of a schema: it may be called as those below, and be another one. */
const QUALIFIED = /\.\s*[?"\w]+\s*\(/;

/** What stands before a parenthesis. */
const CALL = /(?<![?"$\p{L}\p{N}_])[?"$\p{L}\p{N}_]+(?=\s*\()/gu;

const INTO = /\binto\b/i;

const HARMLESS: ReadonlySet<string> = new Set(
  // Words that are no functions.
  (
    "and or not in any all some exists values as select from where on using when then else case end over filter " +
    "with within group by order having limit offset union except intersect set returning returns key conflict " +
    "distinct join lateral interval is between like ilike row rows array materialized recursive partition " +
    // Types that have a length.
    "char varchar character varying numeric decimal bit varbit timestamp timestamptz time float int integer " +
    "bigint smallint text binary varbinary datetime signed unsigned cast convert collate " +
    // Aggregates and windows.
    "count sum avg min max array_agg string_agg group_concat json_agg jsonb_agg json_object_agg jsonb_object_agg " +
    "bool_and bool_or every row_number rank dense_rank percent_rank ntile lag lead first_value last_value " +
    "nth_value percentile_cont percentile_disc stddev variance total json_arrayagg json_objectagg " +
    // Values.
    "coalesce nullif ifnull if iif greatest least abs ceil ceiling floor round trunc truncate mod power sqrt exp ln " +
    "log sign random rand pi lower upper length char_length octet_length substr substring left right trim ltrim " +
    "rtrim btrim replace reverse repeat lpad rpad concat concat_ws format position strpos instr locate split_part " +
    "initcap ascii chr hex unhex md5 sha1 sha2 encode decode to_char to_number to_date to_timestamp quote " +
    "regexp_replace regexp_matches regexp_match regexp_like printf typeof " +
    // Times.
    "now current_timestamp current_date current_time localtime localtimestamp clock_timestamp " +
    "statement_timestamp transaction_timestamp extract date_part date_trunc age make_date make_timestamp " +
    "make_interval date strftime julianday unixepoch date_format date_add date_sub datediff timestampdiff " +
    "timestampadd unix_timestamp from_unixtime year month day hour minute second curdate curtime utc_timestamp " +
    // JSON, arrays, sets.
    "json_build_object jsonb_build_object json_build_array jsonb_build_array to_json to_jsonb row_to_json " +
    "json_extract json_value json_object json_array json_set json_each json_valid json_unquote jsonb_set " +
    "jsonb_array_elements json_array_elements jsonb_array_elements_text jsonb_each jsonb_object_keys " +
    "jsonb_extract_path jsonb_extract_path_text unnest array_length cardinality array_position array_append " +
    "array_remove array_to_string string_to_array generate_series gen_random_uuid uuid " +
    "to_tsvector to_tsquery plainto_tsquery websearch_to_tsquery ts_rank " +
    // What only waits or only tells.
    "pg_sleep sleep version pg_backend_pid connection_id database pg_typeof changes total_changes last_insert_rowid"
  ).split(" "),
);

/** Longer ones are not looked through, and not kept: a reset costs less. */
const LONGEST = 10_000;

function judge(text: string): boolean {
  const first = FIRST.exec(text)?.[1]?.toLowerCase();
  if (first === undefined || DOUBTFUL.test(text)) return false;
  // What was a name still stands before a parenthesis, as one that is not known.
  const code = text.replace(QUOTED, (quoted) => (quoted.startsWith("'") ? "''" : '"?"'));
  const writes = first === "insert" || first === "replace" || first === "merge";
  // A SELECT … INTO makes a table, or sets a variable.
  if (!writes && INTO.test(code)) return false;
  const rest = writes ? code.replace(COLUMNS, "") : code;
  if (QUALIFIED.test(rest)) return false;
  return (rest.match(CALL) ?? []).every((name) => HARMLESS.has(name.toLowerCase()));
}

const ROLLED_BACK_TO = /^\s*rollback\s+(?:(?:work|transaction)\s+)?to\b/i;

/** Whether it is what a user may say to go on in a transaction that has failed. */
export function rollsBackTo(text: string): boolean {
  return ROLLED_BACK_TO.test(text);
}

const KEPT = 1_000;
const judged = new Map<string, boolean>();

/** Whether the statement is known to leave its session as it was. */
export function isPlain(text: string): boolean {
  if (text.length > LONGEST) return false;
  let plain = judged.get(text);
  if (plain === undefined) {
    plain = judge(text);
    // Texts that are made anew each time must not pile up.
    if (judged.size >= KEPT) judged.clear();
    judged.set(text, plain);
  }
  return plain;
}
