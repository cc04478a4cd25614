const hints: [RegExp, string][] = [
  [
    /not found|no such file|ENOENT|127/i,
    'Check that the program is installed and in the PATH of the server, then send the message again.',
  ],
  [
    /40[13]\b|api key|unauthori[sz]ed|authenticat|log ?in|credential/i,
    'Sign the agent in on this machine (run it once in a terminal), then send the message again.',
  ],
  [
    /429|rate.?limit|overloaded|529|usage limit/i,
    'The model is busy or a limit is reached. Wait a little, then send the message again.',
  ],
  [
    /context (length|window)|too long|prompt is too/i,
    'The conversation has grown too long for the model. Start a new session for the next step.',
  ],
  [
    /ECONN|network|timed? ?out|connection|unreachable|resolve/i,
    'The model could not be reached. Check the network, then send the message again.',
  ],
  [/disk|ENOSPC|no space/i, 'Free some disk space, then send the message again.'],
];

/** The message itself says what to do. */
const advice =
  /\b(send (the message|it) again|log in again|then send|Check|Choose|Free|Install|Run|Set|Sign in|Start|Wait)\b/;

/** What a person can do about an agent's error; null: its message says it. */
export function hintFor(message: string): string | null {
  if (advice.test(message)) return null;
  const hit = hints.find(([pattern]) => pattern.test(message));
  return hit?.[1] ?? 'Send another message to go on; the session keeps everything up to here.';
}
