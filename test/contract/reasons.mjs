/** Why several agents cannot do the same. */
export const NO_COMMAND = "A prompt is no command to it: what a tool's command says does not end the turn.";
export const NO_QUESTIONS = "It does not offer its model the tool for questions when it is driven over ACP.";
export const ASKS_IN_TURN =
  "It asks for one thing after the other: for the next when the one before has been answered.";
