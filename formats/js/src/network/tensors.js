// Names and shapes of the network's tensors (qaad-1.md, "WGTS").

/**
 * The tensors in the order of the file: [{name, shape}].
 *
 * @param network settings, as in the header
 */
export function tensorShapes(network) {
  const { latentSize, patches, sharedWidths, headWidths, fourierOctaves, film } = network;
  const tensors = [];
  const add = (name, ...shape) => tensors.push({ name, shape });
  let width = 3 + 6 * fourierOctaves;
  sharedWidths.forEach((out, i) => {
    add(`shared.${i}.weight`, out, width);
    add(`shared.${i}.bias`, out);
    if (film) add(`shared.${i}.scale`, out, latentSize);
    if (film || i === 0) add(`shared.${i}.shift`, out, latentSize);
    width = out;
  });
  width += 3;
  [...headWidths, 3].forEach((out, j) => {
    add(`head.${j}.weight`, patches, out, width);
    add(`head.${j}.bias`, patches, out);
    width = out;
  });
  return tensors;
}

/** How many numbers an array of this shape has. */
export function sizeOf(shape) {
  return shape.reduce((product, n) => product * n, 1);
}
