// What a server refused, at the fields of a form.

/** What was refused, by the field that it is about; under "" what is about none. */
export function errorsOf(failure, fields, typed) {
  const names = new Set(fields.map((field) => field.name));
  const files = fields.filter((field) => field.kind === "file" && typed[field.name]);
  const errors = {};
  const add = (name, text) => { errors[name] = errors[name] ? `${errors[name]}; ${text}` : text; };
  for (const problem of failure.problems ?? []) {
    const about = [problem.parameter, problem.field, ...(problem.parameters ?? [])]
      .map((name) => String(name ?? "").split(/[.[]/)[0]).find((name) => names.has(name));
    const file = failure.status === 415 && files.length === 1 ? files[0].name : "";
    const [, ...inside] = String(problem.parameter ?? "").split(".");
    add(about ?? file, `${inside.length ? `${inside.join(".")}: ` : ""}${problem.message}${problem.hint ? ` (${problem.hint})` : ""}`);
  }
  if (!Object.keys(errors).length) add("", failure.wait ? `${failure.message}; try again in ${failure.wait} s` : failure.message);
  return errors;
}
