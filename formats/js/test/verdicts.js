// Says of each file of a folder whether it is accepted, for tests in other languages:
//     node verdicts.js FOLDER > verdicts.json
// The verdicts are {file: {fault} or {names, clouds}}, where a cloud is its positions, x, y and z of each point.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { open, QaadError } from "../qaad.js";

function verdict(bytes) {
  try {
    const archive = open(bytes);
    archive.verify();
    return { names: archive.names, clouds: archive.names.map((_, index) => [...archive.decode(index).positions]) };
  } catch (error) {
    if (!(error instanceof QaadError)) throw error;
    return { fault: error.code };
  }
}

const folder = process.argv[2];
const verdicts = readdirSync(folder).map((file) => [file, verdict(readFileSync(join(folder, file)))]);
process.stdout.write(JSON.stringify(Object.fromEntries(verdicts)));
