/**
 * What each real agent needs so that it talks to a scripted model server and to nothing else: its
 * environment and its files of settings, in a home of its own.
 *
 *     const { env } = agentSetup("codex", { model, home });
 *     // run the program with PATH, HOME=home and env
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds the agents' programs: put it first in PATH. */
export const agentBinDir = fileURLToPath(new URL("../node_modules/.bin", import.meta.url));

/** The npm package of each. */
export const AGENT_PACKAGES = {
  claude: "@anthropic-ai/claude-code",
  codex: "@openai/codex",
  gemini: "@google/gemini-cli",
  opencode: "opencode-ai",
};

/** A model that Codex calls tools of by plain function calls, and that takes pictures. */
const CODEX_MODEL = "gpt-5.5";

const SETUPS = { claude, codex, gemini, opencode };

/**
 * @param {"claude" | "codex" | "gemini" | "opencode"} name
 * @param {{model: {url: string}, home?: string, key?: boolean}} options  home: where files of settings
 *   are written, needed by all but claude; key: false leaves the key of the model's API out
 * @returns {{env: Record<string, string>}}
 */
export function agentSetup(name, { model, home, key = true }) {
  const { env, files = {}, secret } = SETUPS[name](model.url, home);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  return { env: key ? { ...env, ...secret } : env };
}

/** The version of an agent that is installed; says what to do where it is missing. */
export function requireAgent(name) {
  const file = join(agentBinDir, "..", AGENT_PACKAGES[name], "package.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")).version;
  throw new Error(`${AGENT_PACKAGES[name]} is missing: run ./dev setup, which installs what the tests need`);
}

function claude(url) {
  return {
    secret: { ANTHROPIC_API_KEY: "test" },
    env: {
      ANTHROPIC_BASE_URL: url,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      CLAUDE_CODE_MAX_RETRIES: "2",
    },
  };
}

function codex(url, home) {
  const config = `model = "${CODEX_MODEL}"
model_provider = "local"
check_for_update_on_startup = false

[model_providers.local]
name = "The model server of the tests"
base_url = "${url}/v1"
env_key = "LOCAL_API_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1

[features]
plugins = false
default_mode_request_user_input = true
unbounded_connection_retries = false

[analytics]
enabled = false
`;
  return {
    secret: { LOCAL_API_KEY: "test" },
    env: { CODEX_HOME: join(home, ".codex") },
    files: { ".codex/config.toml": config },
  };
}

function gemini(url) {
  const settings = {
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 2 },
    privacy: { usageStatisticsEnabled: false },
    security: { auth: { selectedType: "gemini-api-key" } },
    model: { name: "gemini-2.5-flash" },
  };
  return {
    secret: { GEMINI_API_KEY: "test" },
    env: {
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      GEMINI_CLI_NO_RELAUNCH: "true",
      GEMINI_TELEMETRY_ENABLED: "false",
    },
    files: { ".gemini/settings.json": JSON.stringify(settings, null, 2) },
  };
}

function opencode(url) {
  const limit = { context: 100_000, output: 8_000 };
  const provider = {
    npm: "@ai-sdk/openai-compatible",
    name: "The model server of the tests",
    options: { baseURL: `${url}/v1`, apiKey: "{env:LOCAL_API_KEY}" },
    models: {
      scripted: { name: "Scripted", limit, attachment: true, modalities: { input: ["text", "image"], output: ["text"] } },
      "no-such-model": { name: "No such model", limit },
    },
  };
  const config = {
    $schema: "https://opencode.ai/config.json",
    model: "local/scripted",
    small_model: "local/scripted",
    autoupdate: false,
    share: "disabled",
    provider: { local: provider },
    permission: { bash: "ask", edit: "ask" },
  };
  return {
    secret: { LOCAL_API_KEY: "test" },
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
      OPENCODE_DISABLE_SHARE: "1",
    },
    files: { ".config/opencode/opencode.json": JSON.stringify(config, null, 2) },
  };
}
