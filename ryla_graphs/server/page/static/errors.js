// What a server refused, at the fields of a form.

/** What was refused, by the field that it is about; under "" what is about none. */
export function errorsOf(failure, fields) {
  const errors = {};
  const add = (name, text) => { errors[name] = errors[name] ? `${errors[name]}; ${text}` : text; };
  for (const problem of failure.problems ?? []) {
    const about = fieldOf(problem, fields);
    const [, ...inside] = String(problem.parameter ?? "").split(".");
    if (problem.code === "input_not_given" && about) {
      add(about, "choose a file");
      continue;
    }
    const place = problem.node && !about ? `${problem.class_type ?? ""} ${problem.node}: ` : "";
    add(about ?? "", `${inside.length ? `${inside.join(".")}: ` : place}${problem.message}${problem.hint ? ` (${problem.hint})` : ""}`);
  }
  if (!Object.keys(errors).length) add("", failure.wait ? `${failure.message}; try again in ${failure.wait} s` : failure.message);
  return errors;
}

/** The field that a problem is about: a parameter of a preset, or an input of a node. */
function fieldOf(problem, fields) {
  const names = [problem.parameter, problem.field, ...(problem.parameters ?? [])].map((name) => String(name ?? "").split(/[.[]/)[0]);
  const field = fields.find((each) => names.includes(each.name)
    || (each.node !== undefined && (problem.field === each.name || (each.node === problem.node && each.input === problem.input))));
  return field?.name;
}

/** The errors that a look at an opened graph found, at their fields. */
export function found(problems, fields) {
  const about = problems.filter((each) => each.level === "error" && fieldOf(each, fields));
  return about.length ? errorsOf({ problems: about }, fields) : {};
}

/** What keeps a form from being sent: files that are not there yet. */
export function unready(fields, typed) {
  const about = (field, message) => ({ parameter: field.name, node: field.node, input: field.input, message });
  return fields.filter((field) => field.kind === "file").flatMap((field) => {
    const given = typed[field.name];
    if (given?.file && !given.send) return [about(field, "this file is still being sent")];
    return field.required && !given && !field.along ? [about(field, "choose a file")] : [];
  });
}
