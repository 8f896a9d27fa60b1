// Every method of Delighted's own Node client against the server and key given; prints one object of JSON with what came back.
const [, , folder, address, key] = process.argv;
const { hostname, port } = new URL(address);
const delighted = require(require("path").join(folder, "node_modules", "delighted"));
const base = "/compat/delighted/v1";
const client = delighted(key, { scheme: "http", host: hostname, port: port, base: base });
const stranger = delighted("nonsense", { scheme: "http", host: hostname, port: port, base: base });
const email = "ada+test@example.org";

const refused = (call) => new Promise((done) => call.then(() => done("granted"), (error) => done(error.type)));
const all = async (list) => {
  const rows = [];
  await list.autoPagingEach((row) => rows.push(row.toJSON ? row.toJSON() : row), { auto_handle_rate_limits: false });
  return rows;
};

async function main() {
  const found = {};
  const person = await client.person.create({ email: email, name: "Ada", delay: 3600, properties: { plan: "pro" } });
  found.person = person.toJSON();
  for (let n = 0; n < 3; n++) await client.person.create({ email: `p${n}@example.org`, send: false });
  found.people = await all(client.person.list({ per_page: 2 }));
  found.since = await all(client.person.list({ since: new Date(Date.now() + 3600000) }));
  const one = await client.person.retrieve(person.id);
  one.name = "Ada L.";
  found.saved_person = (await one.save()).toJSON();
  found.pending = await client.surveyRequest.deletePending({ person_email: email });
  const response = await client.surveyResponse.create({ person: person.id, score: 9, comment: "Good" });
  found.response = response.toJSON();
  const expanded = await client.surveyResponse.retrieve(response.id, { expand: ["person", "notes"] });
  found.expanded = expanded.person.email;
  expanded.score = 2;
  found.saved = (await expanded.save()).toJSON();
  found.responses = (await client.surveyResponse.all({ order: "desc", expand: ["person"] })).map((row) => row.person.id);
  found.metrics = (await client.metrics.retrieve({ groups: ["core"] })).toJSON();
  found.unsubscribed = (await client.unsubscribe.create({ person_email: "p0@example.org" })).toJSON();
  found.unsubscribes = (await client.unsubscribe.all({ per_page: 5 })).map((row) => row.email);
  found.bounces = (await client.bounce.all()).map((row) => row.email);
  found.autopilot = (await client.autopilotConfiguration.retrieve("email")).toJSON();
  const members = client.autopilotMembership.forEmail();
  found.member = (await members.create({ person_email: email, properties: { plan: "pro" } })).toJSON();
  found.members = await all(members.list());
  found.left = await members.delete({ person_email: email });
  found.by_text = await all(client.autopilotMembership.forSms().list());
  found.deleted = await client.person.delete({ email: email });
  found.again = await refused(client.person.delete({ id: person.id }));
  found.stranger = await refused(stranger.metrics.retrieve());
  found.invalid = await refused(client.person.create({ email: "nobody" }));
  console.log(JSON.stringify(found));
}

main().catch((error) => { console.error(error); process.exit(1); });
