// The clipboard is closed to pages that came over plain HTTP; there the older way still works.

/** Copies, and says whether it did. `place` is where a text box may stand for a moment. */
export async function copy(text: string, place: ParentNode): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.className = "unseen";
    area.readOnly = true;
    area.value = text;
    place.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
