"use strict";
// A field over a leaf, in which its number can be changed.

// `changed(box, number)` is called with what was written, if it is a number.
/**
 * @param {PageGraph} graph
 * @param {Numbers} numbers
 * @param {Picture} picture
 * @param {(box: number, number: number) => void} changed
 */
function startEditor(graph, numbers, picture, changed) {
  const [form, field, problem] = [byId("editor"), byId("number"), byId("problem")];
  let edited = -1;
  const place = () => {
    if (edited < 0) return;
    const { view, window } = picture;
    const { x, y, w, h } = picture.placeOf(edited);
    const [left, top] = [view.x + x * view.scale, view.y + y * view.scale];
    form.style.left = `${Math.max(0, Math.min(window.w - 150, left))}px`;
    form.style.top = `${Math.max(0, Math.min(window.h - 60, top + 24 * view.scale))}px`;
    form.style.width = `${Math.max(150, w * view.scale)}px`;
    form.hidden = left > window.w || top > window.h || left + w * view.scale < 0 || top + h * view.scale < 0;
  };
  const close = (refocus) => {
    const box = edited;
    edited = -1;
    form.hidden = true;
    if (refocus && box >= 0) picture.boxes[box]?.group.focus();
  };
  const commit = (refocus) => {
    const box = edited;
    const number = numberRead(field.value);
    problem.hidden = number !== null;
    field.setAttribute("aria-invalid", String(number === null));
    if (number === null && refocus) return;
    close(refocus);
    if (number !== null && !Object.is(number, graph.boxes[box].data)) changed(box, number);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    commit(true);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(true);
    event.stopPropagation(); // the keys of the page are for steps
  });
  field.addEventListener("blur", () => edited >= 0 && commit(false));
  picture.placed = place;
  return (box) => {
    if (!numbers.canSet(box)) return false;
    edited = box;
    problem.hidden = true;
    field.setAttribute("aria-invalid", "false");
    byId("number-label").textContent = `Number of ${typeset(graph.boxes[box].name)}`;
    field.value = String(graph.boxes[box].data);
    form.hidden = false;
    place();
    field.focus();
    field.select();
    return true;
  };
}
