/** The frame as index.html has it, read before React takes its place. */
const markup = document.getElementById('root')?.innerHTML ?? '';

/** What stands on the page until there is something to put into the frame: the same as before React. */
export function StaticFrame() {
  return <div className="h-full" dangerouslySetInnerHTML={{ __html: markup }} />;
}
