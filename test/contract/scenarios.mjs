/** The scenarios of the contract, in the order of the table. */
import { cancels } from "./scenarios/cancels.mjs";
import { crashes } from "./scenarios/crashes.mjs";
import { errors } from "./scenarios/errors.mjs";
import { permissions } from "./scenarios/permissions.mjs";
import { turns } from "./scenarios/turns.mjs";

export const scenarios = [...turns, ...permissions, ...cancels, ...errors, ...crashes];
