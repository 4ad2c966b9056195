/** Where the eye is: goes round the cloud, as far away as shows all of it. */

import { Matrix4, PerspectiveCamera, Spherical, Vector3, type Object3D } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

import type { Shape } from "../decoding/protocol.js";

/** Which axes of a cloud go to the right, up and to the eye, for each that may be up: those of `pictures/views.py`. */
const UPS: Record<string, readonly [number[], number[], number[]]> = {
  y: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  z: [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
  x: [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
  "-y": [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
  "-z": [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
  "-x": [[0, 1, 0], [-1, 0, 0], [0, 0, 1]],
};
const AZIMUTH = (35 * Math.PI) / 180;
const ELEVATION = (12 * Math.PI) / 180;
const MARGIN = 60; // pixels above and below a cloud, of which the text over it takes a part

export class Stand {
  private readonly controls: OrbitControls;
  private readonly middle = new Vector3();
  private radius = 1;

  /** @param moved is called whenever the eye has moved. */
  constructor(
    private readonly camera: PerspectiveCamera,
    private readonly cloud: Object3D,
    private readonly element: HTMLElement,
    moved: () => void,
  ) {
    this.controls = new OrbitControls(camera, element);
    this.controls.minDistance = 0.01;
    this.controls.addEventListener("change", () => {
      this.clip();
      moved();
    });
    // Scrolling the page must not stop at the cloud: the wheel is the view's only while it has the focus.
    this.controls.enableZoom = false;
    element.addEventListener("focus", () => (this.controls.enableZoom = true));
    element.addEventListener("blur", () => (this.controls.enableZoom = false));
    element.addEventListener("pointerdown", () => element.focus({ preventScroll: true }), { capture: true });
  }

  /** Which axis of the cloud is up. */
  set up(axis: string) {
    const [right, up, near] = UPS[axis].map((row) => new Vector3(...row));
    this.cloud.setRotationFromMatrix(new Matrix4().makeBasis(right, up, near).transpose());
    this.reset();
  }

  /** Remembers where a cloud is and how large, for `reset`. */
  frame(shape: Shape): void {
    const low = new Vector3(Infinity, Infinity, Infinity);
    const high = new Vector3(-Infinity, -Infinity, -Infinity);
    const place = new Vector3();
    for (let i = 0; i < shape.discs.length; i += 4) {
      place.fromArray(shape.discs, i);
      low.min(place);
      high.max(place);
    }
    this.middle.addVectors(low, high).multiplyScalar(0.5);
    this.radius = Math.max(high.distanceTo(low) / 2, 1e-6);
  }

  /** To the place from which all of the cloud is seen from the front, half from the side and a little from above. */
  reset(): void {
    this.cloud.updateMatrixWorld();
    const middle = this.middle.clone().applyMatrix4(this.cloud.matrixWorld);
    const half = (this.camera.fov * Math.PI) / 360;
    const narrow = Math.min(half, Math.atan(Math.tan(half) * this.camera.aspect));
    const margin = 1 + MARGIN / Math.max(this.element.clientHeight, 3 * MARGIN);
    const distance = (margin * this.radius) / Math.sin(narrow);
    const eye = new Vector3().setFromSpherical(new Spherical(distance, Math.PI / 2 - ELEVATION, AZIMUTH));
    this.camera.position.copy(middle).add(eye);
    this.controls.target.copy(middle);
    this.controls.minDistance = this.radius / 50;
    this.controls.maxDistance = this.radius * 50;
    this.controls.update();
    this.clip();
  }

  /** Turns the eye round the cloud, and up: radians. */
  turn(round: number, up: number): void {
    const from = new Spherical().setFromVector3(this.camera.position.clone().sub(this.controls.target));
    from.theta += round;
    from.phi = Math.min(Math.max(from.phi - up, 1e-3), Math.PI - 1e-3);
    this.camera.position.setFromSpherical(from).add(this.controls.target);
    this.controls.update();
  }

  /** Closer by a factor below 1, farther by one above. */
  approach(factor: number): void {
    const from = this.camera.position.clone().sub(this.controls.target).multiplyScalar(factor);
    from.clampLength(this.controls.minDistance, this.controls.maxDistance);
    this.camera.position.copy(this.controls.target).add(from);
    this.controls.update();
  }

  /** Depths from just before the cloud to just behind it, so that they are told apart finely. */
  private clip(): void {
    const middle = this.middle.clone().applyMatrix4(this.cloud.matrixWorld);
    const distance = this.camera.position.distanceTo(middle);
    const around = 4 * this.radius;
    this.camera.near = Math.max(distance - around, distance / 200, 1e-4);
    this.camera.far = distance + around;
    this.camera.updateProjectionMatrix();
  }
}
