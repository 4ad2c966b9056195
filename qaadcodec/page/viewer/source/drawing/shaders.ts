/**
 * Discs to a surface, in three passes on the graphics card (Botsch et al. 2005, "High-quality surface splatting"):
 * how deep the surface is; the light of all discs near it, added up with weights; and the sum over the weights as colour.
 */

/** The lamp, the sky and the glow of `pictures/shading.py`, so that a page looks like a picture of `qaad render`. */
const LIGHT = `
const vec3 LAMP = normalize(vec3(-0.50, 0.62, 0.60));

float lightOn(vec3 n, float contrast) {
  float sky = 0.5 + 0.5 * n.y;
  float limb = 0.55 + 0.45 * max(n.z, 0.0);
  return mix(1.0, (0.62 * max(dot(n, LAMP), 0.0) + 0.30 * sky + 0.12) * limb, contrast);
}
`;

/** A disc becomes the square of pixels that holds it. */
export const DISC_VERTEX = `
precision highp float;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform mat3 normalMatrix;
uniform float enlarged;  // times a disc's radius
uniform float pixels;    // of a unit at a distance of one
uniform float contrast;
in vec4 disc;            // centre and radius
in vec4 normal;
in vec3 paint;           // sRGB
out vec3 vCentre;
out vec3 vNormal;
out float vRadius;
out vec3 vLight;
${LIGHT}
void main() {
  vec4 eye = modelViewMatrix * vec4(disc.xyz, 1.0);
  vec3 n = normalize(normalMatrix * normal.xyz);
  vec3 ray = normalize(eye.xyz);
  if (dot(n, ray) > 0.0) n = -n;
  vRadius = max(disc.w * enlarged, -0.8 * eye.z / pixels);  // none is lost between pixels
  vCentre = eye.xyz;
  vLight = pow(paint, vec3(2.2)) * lightOn(n, contrast);
  vNormal = normalize(n - 0.15 * ray);  // a disc seen from the side stays visible
  gl_Position = projectionMatrix * eye;
  gl_PointSize = clamp(2.0 * vRadius * pixels / -eye.z + 1.0, 2.0, 256.0);
}
`;

/** Where the ray of a pixel meets the plane of the disc; what is outside the disc is left out. */
const MEETING = `
precision highp float;
uniform mat4 projectionMatrix;
uniform vec2 size;   // of the picture, in pixels
in vec3 vCentre;
in vec3 vNormal;
in float vRadius;

vec3 meeting(float most, out float square) {
  vec2 place = (2.0 * gl_FragCoord.xy / size - 1.0) / vec2(projectionMatrix[0][0], projectionMatrix[1][1]);
  vec3 ray = vec3(place, -1.0);
  vec3 met = ray * (dot(vCentre, vNormal) / dot(ray, vNormal));
  vec3 off = (met - vCentre) / vRadius;
  square = dot(off, off);
  if (square > most) discard;
  return met;
}

float depthOf(float z) {
  return 0.5 + 0.5 * (projectionMatrix[2][2] * z + projectionMatrix[3][2]) / -z;
}
`;

/**
 * How deep the surface is, and a little deeper: discs that lie about as deep are all added up. Only the inner half of a disc
 * hides what is behind it, so that its rim fades into that.
 */
export const DEPTH_FRAGMENT = `
${MEETING}
void main() {
  float square;
  vec3 met = meeting(0.5, square);
  gl_FragDepth = depthOf(met.z - vRadius);
}
`;

/** A disc's light, weighted: most in its middle. */
export const LIGHT_FRAGMENT = `
${MEETING}
in vec3 vLight;
out vec4 sum;
void main() {
  float square;
  vec3 met = meeting(1.0, square);
  float weight = (1.0 - square) * (1.0 - square) + 1e-3;
  gl_FragDepth = depthOf(met.z);
  sum = vec4(vLight * weight, weight);
}
`;

/** A triangle that covers the picture. */
export const WHOLE_VERTEX = `
in vec3 position;
void main() { gl_Position = vec4(position.xy, 0.0, 1.0); }
`;

/**
 * The surface's colour, darker in hollows: where the surface on both sides of a pixel is nearer to the eye, so much of the
 * sky is hidden.
 */
export const COLOUR_FRAGMENT = `
precision highp float;
uniform sampler2D sums;
uniform sampler2D depths;
uniform float pixels;
uniform vec2 range;      // nearest and farthest depth
uniform float contrast;
out vec4 colour;

const float REACH = 0.09;   // units
const float DEEPEST = 1.6;
const float EXPOSURE = 1.15;

float depthAt(vec2 place) {
  float depth = texelFetch(depths, ivec2(clamp(place, vec2(0.0), vec2(textureSize(depths, 0) - 1))), 0).r;
  return range.x * range.y / (range.y - depth * (range.y - range.x));
}

void main() {
  vec2 place = gl_FragCoord.xy;
  vec4 sum = texelFetch(sums, ivec2(place), 0);
  if (sum.a <= 0.0) discard;
  float here = depthAt(place);
  float hidden = 0.0;
  for (int i = 0; i < 8; i++) {
    float angle = 0.3927 * float(i) + 0.2;
    float far = REACH * (i % 2 == 0 ? 1.0 : 0.45);
    vec2 off = far * pixels / here * vec2(cos(angle), sin(angle));
    float one = clamp((here - depthAt(place + off)) / far, -1.0, 1.0);
    float two = clamp((here - depthAt(place - off)) / far, -1.0, 1.0);
    hidden += clamp(0.5 * (one + two), 0.0, 1.0) / 8.0;
  }
  vec3 light = EXPOSURE * sum.rgb / sum.a * mix(1.0, clamp(1.0 - DEEPEST * hidden, 0.0, 1.0), contrast);
  light = min(light, vec3(1.0));
  vec3 shown = mix(12.92 * light, 1.055 * pow(max(light, 1e-5), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, light));
  float cover = smoothstep(0.03, 0.3, sum.a);  // rims before the ground fade, too
  colour = vec4(shown * cover, cover);
}
`;
