/** A cloud as a surface on a canvas: three.js, WebGL2. */

import {
  BufferAttribute,
  BufferGeometry,
  Camera,
  CustomBlending,
  DepthTexture,
  FloatType,
  GLSL3,
  HalfFloatType,
  Mesh,
  NearestFilter,
  OneFactor,
  PerspectiveCamera,
  Points,
  RawShaderMaterial,
  Scene,
  Vector2,
  WebGLRenderer,
  WebGLRenderTarget,
} from "three";

import type { Shape } from "../decoding/protocol.js";
import { COLOUR_FRAGMENT, DEPTH_FRAGMENT, DISC_VERTEX, LIGHT_FRAGMENT, WHOLE_VERTEX } from "./shaders.js";

/** How much is drawn: a share of the points, and of the screen's pixels along each side; above 1, edges are smooth. */
export interface Detail {
  readonly points: number;
  readonly pixels: number;
}

const MOST_PIXELS = 2.5; // drawn for each of the page's
const CLOSING = 1.2; // times the radius of a disc that closes a flat surface: edges and seams of patches have fewer points

export class Picture {
  /** Turns the cloud so that its upward axis is up. */
  readonly points: Points;
  readonly camera = new PerspectiveCamera(28, 1, 0.1, 100);
  private readonly renderer: WebGLRenderer;
  private readonly target: WebGLRenderTarget;
  private readonly scene = new Scene();
  private readonly whole = new Scene();
  private readonly shared = {
    enlarged: { value: 1 },
    pixels: { value: 1 },
    contrast: { value: 1 },
    size: { value: new Vector2() },
    range: { value: new Vector2() },
  };
  private readonly depth: RawShaderMaterial;
  private readonly light: RawShaderMaterial;
  private width = 1;
  private height = 1;

  /** Throws an Error that says what the browser lacks. */
  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("webgl2", { alpha: true, antialias: false, powerPreference: "high-performance" });
    if (context === null) throw new Error("this browser has no WebGL2, or it is switched off");
    if (!context.getExtension("EXT_color_buffer_float") && !context.getExtension("EXT_color_buffer_half_float")) {
      throw new Error("this browser's WebGL2 cannot draw with half-precision numbers (EXT_color_buffer_half_float)");
    }
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.autoClear = false;
    const depthTexture = new DepthTexture(1, 1, FloatType);
    this.target = new WebGLRenderTarget(1, 1, {
      type: HalfFloatType,
      magFilter: NearestFilter,
      minFilter: NearestFilter,
      depthTexture,
    });
    const discs = { glslVersion: GLSL3, vertexShader: DISC_VERTEX, uniforms: this.shared };
    this.depth = new RawShaderMaterial({ ...discs, fragmentShader: DEPTH_FRAGMENT, colorWrite: false });
    this.light = new RawShaderMaterial({
      ...discs,
      fragmentShader: LIGHT_FRAGMENT,
      depthWrite: false,
      transparent: true,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneFactor,
    });
    this.points = new Points(new BufferGeometry(), this.depth);
    this.points.frustumCulled = false;
    this.scene.add(this.points);
    this.whole.add(this.coverOf(depthTexture));
  }

  /** How strongly the surface is shaded: 0 not at all, 1 like clay. Colours that are to be read are shaded less. */
  set contrast(value: number) {
    this.shared.contrast.value = value;
  }

  /** Shows a cloud, with a colour (sRGB, three bytes and one unused) for each of its points. */
  show(shape: Shape, paint: Uint8Array): void {
    const geometry = this.points.geometry;
    const count = shape.rows.length;
    if (geometry.getAttribute("disc")?.count === count) {
      put(geometry, "disc", shape.discs);
      put(geometry, "normal", shape.normals);
      put(geometry, "paint", paint);
      return;
    }
    const fresh = new BufferGeometry();
    fresh.setAttribute("disc", new BufferAttribute(shape.discs, 4));
    fresh.setAttribute("normal", new BufferAttribute(shape.normals, 4, true));
    fresh.setAttribute("paint", new BufferAttribute(paint, 4, true));
    fresh.setDrawRange(0, count);
    this.points.geometry = fresh;
    geometry.dispose();
  }

  /** The size of the canvas, in pixels of the page. */
  resize(width: number, height: number): void {
    [this.width, this.height] = [Math.max(width, 1), Math.max(height, 1)];
    this.camera.aspect = this.width / this.height;
    this.camera.updateProjectionMatrix();
  }

  /** Draws what is shown. */
  draw(detail: Detail): void {
    const count = this.points.geometry.getAttribute("disc")?.count ?? 0;
    const drawn = Math.ceil(count * detail.points);
    this.points.geometry.setDrawRange(0, drawn);
    const density = Math.min((window.devicePixelRatio || 1) * detail.pixels, MOST_PIXELS);
    if (this.renderer.getPixelRatio() !== density || this.changed()) {
      this.renderer.setPixelRatio(density);
      this.renderer.setSize(this.width, this.height, false);
      this.renderer.getDrawingBufferSize(this.shared.size.value);
      this.target.setSize(this.shared.size.value.x, this.shared.size.value.y);
    }
    const { size, enlarged, pixels, range } = this.shared;
    enlarged.value = CLOSING * Math.sqrt(count / Math.max(drawn, 1));
    pixels.value = (size.value.y / 2) * this.camera.projectionMatrix.elements[5];
    range.value.set(this.camera.near, this.camera.far);

    this.renderer.setRenderTarget(this.target);
    this.renderer.clear();
    if (drawn > 0) {
      this.points.material = this.depth;
      this.renderer.render(this.scene, this.camera);
      this.points.material = this.light;
      this.renderer.render(this.scene, this.camera);
    }
    this.renderer.setRenderTarget(null);
    this.renderer.clear();
    this.renderer.render(this.whole, new Camera());
  }

  private changed(): boolean {
    const size = this.renderer.getSize(new Vector2());
    return size.x !== this.width || size.y !== this.height;
  }

  /** What makes a picture of the sums. */
  private coverOf(depths: DepthTexture): Mesh {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]), 3));
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: WHOLE_VERTEX,
      fragmentShader: COLOUR_FRAGMENT,
      uniforms: { ...this.shared, sums: { value: this.target.texture }, depths: { value: depths } },
      depthTest: false,
      depthWrite: false,
    });
    const mesh = new Mesh(geometry, material);
    mesh.frustumCulled = false;
    return mesh;
  }
}

function put(geometry: BufferGeometry, name: string, values: Float32Array | Int8Array | Uint8Array): void {
  const attribute = geometry.getAttribute(name) as BufferAttribute;
  attribute.array = values;
  attribute.needsUpdate = true;
}
