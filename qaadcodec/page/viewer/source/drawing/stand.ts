/** Where the eye is: goes round the cloud, as far away as shows all of it. */

import { Box3, Matrix4, PerspectiveCamera, Spherical, Vector3, type Object3D } from "three";
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
const FAR_APART = 1.7; // sizes of a cloud: a set that is larger is not one of clouds in one place
const MARGIN = 40; // pixels above and below a cloud, of which the text over it takes a part

export class Stand {
  private readonly controls: OrbitControls;
  private readonly box = new Box3(new Vector3(-1, -1, -1), new Vector3(1, 1, 1)); // until there is a cloud
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

  /**
   * Remembers where a cloud is and how large, for `reset`: with room for all clouds of the set, unless these lie far apart.
   *
   * @param all least and greatest corner of all clouds.
   */
  frame(shape: Shape, all: Box3): void {
    const box = new Box3();
    const place = new Vector3();
    for (let i = 0; i < shape.discs.length; i += 4) box.expandByPoint(place.fromArray(shape.discs, i));
    const size = new Vector3();
    const own = box.getSize(size).length();
    if (all.containsPoint(box.getCenter(place)) && all.getSize(size).length() < FAR_APART * own) box.union(all);
    this.box.copy(box);
    box.getCenter(this.middle);
    this.radius = Math.max(box.getSize(size).length() / 2, 1e-6);
  }

  /** To the place from which all of the cloud is seen from the front, half from the side and a little from above. */
  reset(): void {
    this.cloud.updateMatrixWorld();
    const middle = this.middle.clone().applyMatrix4(this.cloud.matrixWorld);
    const towards = new Vector3().setFromSpherical(new Spherical(1, Math.PI / 2 - ELEVATION, AZIMUTH));
    this.camera.position.copy(middle).addScaledVector(towards, this.distance(middle, towards));
    this.controls.target.copy(middle);
    this.controls.minDistance = this.radius / 50;
    this.controls.maxDistance = this.radius * 50;
    this.controls.update();
    this.clip();
  }

  /** How far from the middle the eye sees the whole box, with a margin. */
  private distance(middle: Vector3, towards: Vector3): number {
    const right = new Vector3(0, 1, 0).cross(towards).normalize();
    const up = towards.clone().cross(right);
    const high = Math.tan((this.camera.fov * Math.PI) / 360) / (1 + MARGIN / Math.max(this.element.clientHeight, 4 * MARGIN));
    const { min, max } = this.box;
    let distance = this.radius / 10;
    for (const x of [min.x, max.x]) {
      for (const y of [min.y, max.y]) {
        for (const z of [min.z, max.z]) {
          const corner = new Vector3(x, y, z).applyMatrix4(this.cloud.matrixWorld).sub(middle);
          const aside = Math.max(Math.abs(corner.dot(up)) / high, Math.abs(corner.dot(right)) / (high * this.camera.aspect));
          distance = Math.max(distance, corner.dot(towards) + aside);
        }
      }
    }
    return distance;
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
