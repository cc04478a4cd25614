import {
  Bot,
  FilePen,
  FileText,
  Globe,
  type LucideIcon,
  Search,
  SquareTerminal,
  Wrench,
} from 'lucide-react';

/** By the words in a tool's name; agents name them each in their way. */
const icons: [RegExp, LucideIcon][] = [
  [/task|agent|delegat/i, Bot],
  [/bash|shell|command|terminal|exec|^run/i, SquareTerminal],
  [/web|fetch|url|browse|http/i, Globe],
  [/edit|write|patch|replace|notebook|change/i, FilePen],
  [/grep|glob|search|find|list|^ls$/i, Search],
  [/read|view|open|cat/i, FileText],
];

export function ToolIcon({ name }: { name: string }) {
  const Icon = icons.find(([pattern]) => pattern.test(name))?.[1] ?? Wrench;
  return <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" />;
}
