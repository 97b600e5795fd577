// SPDX-License-Identifier: Apache-2.0
// This device's camera, one frame at a time as JPEG.

const WIDTH = 640;
const QUALITY = 0.9;
const REASONS = {
  NotAllowedError: "The browser was not allowed to use the camera: allow it for this page.",
  NotFoundError: "This device has no camera that the browser sees.",
  NotReadableError: "The camera is in use by another program, or does not answer.",
};

export class Camera {
  #video;
  #stream = null;
  #canvas = document.createElement("canvas");

  constructor(video) {
    this.#video = video;
  }

  get isOn() {
    return this.#stream !== null;
  }

  // Start it, or raise an Error that says in words why not.
  async start() {
    if (!navigator.mediaDevices) {
      throw new Error(
        "Browsers give their camera only to pages of their own machine and to those over HTTPS: " +
          "open this page as http://localhost, or put a proxy with TLS before it.",
      );
    }
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { width: WIDTH } });
      this.#video.srcObject = this.#stream;
      await this.#video.play();
    } catch (error) {
      this.stop();
      throw new Error(REASONS[error.name] ?? `The camera cannot be used: ${error.message}`);
    }
  }

  stop() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.#video.srcObject = null;
  }

  // Return the camera's next frame as a Blob, or null where it was stopped meanwhile.
  async frame() {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const { videoWidth, videoHeight } = this.#video;
    if (!this.isOn || !videoWidth) return null;
    this.#canvas.width = videoWidth;
    this.#canvas.height = videoHeight;
    this.#canvas.getContext("2d").drawImage(this.#video, 0, 0);
    return new Promise((resolve) => this.#canvas.toBlob(resolve, "image/jpeg", QUALITY));
  }
}
